/**
 * Packing copies an operand into panels that a tile reads front to back. A panel holds `width` lanes (rows of A or columns of B)
 * for each of `depth` terms; lanes that do not exist are zeros:
 *
 *   panel[p·width + lane] = x[lane·laneStride + p·stepStride]         one of the two strides is 1
 *
 *   lanes adjacent (A transposed, B plain)        terms adjacent (A plain, B transposed)
 *   x00 x01 x02 x03 | …   p = 0                   x00 x10 x20 x30 …   lane 0
 *   x10 x11 x12 x13 | …   p = 1                   x01 x11 x21 x31 …   lane 1
 *     ↓ copied line by line                         ↓ transposed four by four
 *   x00 x01 x02 x03 x10 x11 x12 x13 …             x00 x01 x02 x03 x10 x11 x12 x13 …
 */

/** Packs `lanes` lanes in panels of `width`: the last one is filled up with zeros. Strides in bytes. */
export function packPanels(
  panel: usize,
  x: usize,
  lanes: i32,
  width: i32,
  depth: i32,
  laneBytes: usize,
  stepBytes: usize,
): void {
  assert(laneBytes === 4 || stepBytes === 4, "lanes or terms are adjacent");
  const panelBytes = <usize>(width * depth) << 2;
  const whole = lanes / width;
  for (let i = 0; i < whole; i++) {
    if (laneBytes === 4) copyLanes(panel, x, width, depth, stepBytes);
    else transposeLanes(panel, x, width, depth, laneBytes);
    panel += panelBytes;
    x += <usize>width * laneBytes;
  }
  if (whole * width < lanes) packPart(panel, x, lanes - whole * width, width, depth, laneBytes, stepBytes);
}

/** The last panel of a matrix whose lanes are no multiple of the width. */
export function packPart(
  panel: usize,
  x: usize,
  lanes: i32,
  width: i32,
  depth: i32,
  laneBytes: usize,
  stepBytes: usize,
): void {
  memory.fill(panel, 0, <usize>(width * depth) << 2);
  for (let lane = 0; lane < lanes; lane++) {
    let from = x + <usize>lane * laneBytes;
    let to = panel + (<usize>lane << 2);
    for (let p = 0; p < depth; p++) {
      store<f32>(to, load<f32>(from));
      from += stepBytes;
      to += <usize>width << 2;
    }
  }
}

/** Width 4, 6 or 8, lanes adjacent. */
export function copyLanes(panel: usize, x: usize, width: i32, depth: i32, stepBytes: usize): void {
  if (width === 8) {
    for (let p = 0; p < depth; p++) {
      v128.store(panel, v128.load(x));
      v128.store(panel, v128.load(x, 16), 16);
      panel += 32;
      x += stepBytes;
    }
  } else if (width === 4) {
    for (let p = 0; p < depth; p++) {
      v128.store(panel, v128.load(x));
      panel += 16;
      x += stepBytes;
    }
  } else {
    for (let p = 0; p < depth; p++) {
      v128.store(panel, v128.load(x));
      store<u64>(panel, load<u64>(x, 16), 16);
      panel += 24;
      x += stepBytes;
    }
  }
}

/** Width 4, 6 or 8, terms adjacent. */
export function transposeLanes(panel: usize, x: usize, width: i32, depth: i32, laneBytes: usize): void {
  const step = <usize>width << 2;
  transposeFour(panel, x, step, depth, laneBytes);
  if (width === 8) transposeFour(panel + 16, x + 4 * laneBytes, step, depth, laneBytes);
  else if (width === 6) transposeTwo(panel + 16, x + 4 * laneBytes, step, depth, laneBytes);
}

/** Four lanes with terms adjacent become lines of four, `step` bytes apart. */
export function transposeFour(panel: usize, x: usize, step: usize, depth: i32, laneBytes: usize): void {
  let x1 = x + laneBytes;
  let x2 = x1 + laneBytes;
  let x3 = x2 + laneBytes;
  const body = depth & ~3;
  for (let p = 0; p < body; p += 4) {
    const r0 = v128.load(x);
    const r1 = v128.load(x1);
    const r2 = v128.load(x2);
    const r3 = v128.load(x3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(panel, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(panel += step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store(panel += step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store(panel += step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
    panel += step;
    x += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
  }
  for (let p = body; p < depth; p++) {
    store<f32>(panel, load<f32>(x));
    store<f32>(panel, load<f32>(x1), 4);
    store<f32>(panel, load<f32>(x2), 8);
    store<f32>(panel, load<f32>(x3), 12);
    panel += step;
    x += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
  }
}

/** Two lanes with terms adjacent become pairs, `step` bytes apart. */
export function transposeTwo(panel: usize, x: usize, step: usize, depth: i32, laneBytes: usize): void {
  let x1 = x + laneBytes;
  const body = depth & ~3;
  for (let p = 0; p < body; p += 4) {
    const r0 = v128.load(x);
    const r1 = v128.load(x1);
    const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store_lane<u64>(panel, low, 0);
    v128.store_lane<u64>(panel += step, low, 1);
    v128.store_lane<u64>(panel += step, high, 0);
    v128.store_lane<u64>(panel += step, high, 1);
    panel += step;
    x += 16;
    x1 += 16;
  }
  for (let p = body; p < depth; p++) {
    store<f32>(panel, load<f32>(x));
    store<f32>(panel, load<f32>(x1), 4);
    panel += step;
    x += 4;
    x1 += 4;
  }
}

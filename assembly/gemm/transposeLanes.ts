/**
 * Packs `panels` whole panels of width 4, 6 or 8 whose terms are adjacent: four lanes of four terms are a
 * square that is turned.
 */
export function transposeLanes(
  panel: usize,
  x: usize,
  width: i32,
  panels: i32,
  depth: i32,
  laneBytes: usize,
): void {
  const step = <usize>width << 2;
  for (let i = 0; i < panels; i++) {
    transposeFour(panel, x, step, depth, laneBytes);
    if (width === 8) transposeFour(panel + 16, x + 4 * laneBytes, step, depth, laneBytes);
    else if (width === 6) transposeTwo(panel + 16, x + 4 * laneBytes, step, depth, laneBytes);
    panel += step * <usize>depth;
    x += <usize>width * laneBytes;
  }
}

/** Four lanes with terms adjacent become lines of four, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function transposeFour(panel: usize, x: usize, step: usize, depth: i32, laneBytes: usize): void {
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
    v128.store((panel += step), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store((panel += step), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store((panel += step), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
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
// @ts-ignore: decorator
@inline
function transposeTwo(panel: usize, x: usize, step: usize, depth: i32, laneBytes: usize): void {
  let x1 = x + laneBytes;
  const body = depth & ~3;
  for (let p = 0; p < body; p += 4) {
    const r0 = v128.load(x);
    const r1 = v128.load(x1);
    const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store_lane<u64>(panel, low, 0);
    v128.store_lane<u64>((panel += step), low, 1);
    v128.store_lane<u64>((panel += step), high, 0);
    v128.store_lane<u64>((panel += step), high, 1);
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

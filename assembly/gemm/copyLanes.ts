/**
 * Packs `panels` whole panels of width 4, 6 or 8 whose lanes are adjacent. A pass copies 16 lanes (24 of
 * width 6) of each term to several panels: 64 bytes are a cache line, and lines that lie a power of two apart
 * would be gone before the next panel needs the rest of them.
 *
 *   line p:  x0 … x3 | x4 … x7 | x8 … x11 | x12 … x15       width 4: four panels, width 8: two
 */
export function copyLanes(
  panel: usize,
  x: usize,
  width: i32,
  panels: i32,
  depth: i32,
  stepBytes: usize,
): void {
  const panelBytes = <usize>(width * depth) << 2;
  const step = <usize>width << 2;
  let i = 0;
  if (width === 6) {
    for (; i + 4 <= panels; i += 4) {
      copyFourSixes(panel, x, depth, stepBytes);
      panel += 4 * panelBytes;
      x += 96;
    }
    for (; i < panels; i++) {
      copySix(panel, x, depth, stepBytes);
      panel += panelBytes;
      x += 24;
    }
    return;
  }
  const together = 16 / width;
  for (; i + together <= panels; i += together) {
    const half: usize = width === 4 ? panelBytes : 16;
    const third = panel + <usize>(together >> 1) * panelBytes;
    copySixteen(panel, panel + half, third, third + half, x, step, depth, stepBytes);
    panel += <usize>together * panelBytes;
    x += 64;
  }
  for (; i < panels; i++) {
    copyFour(panel, x, step, depth, stepBytes);
    if (width === 8) copyFour(panel + 16, x + 16, step, depth, stepBytes);
    panel += panelBytes;
    x += step;
  }
}

/** 16 lanes of each term to four places. */
export function copySixteen(
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  x: usize,
  step: usize,
  depth: i32,
  stepBytes: usize,
): void {
  for (let p = 0; p < depth; p++) {
    v128.store(first, v128.load(x));
    v128.store(second, v128.load(x, 16));
    v128.store(third, v128.load(x, 32));
    v128.store(fourth, v128.load(x, 48));
    first += step;
    second += step;
    third += step;
    fourth += step;
    x += stepBytes;
  }
}

/** Four lanes of each term to lines `step` bytes apart. */
export function copyFour(panel: usize, x: usize, step: usize, depth: i32, stepBytes: usize): void {
  for (let p = 0; p < depth; p++) {
    v128.store(panel, v128.load(x));
    panel += step;
    x += stepBytes;
  }
}

/** One panel of width 6. */
export function copySix(panel: usize, x: usize, depth: i32, stepBytes: usize): void {
  for (let p = 0; p < depth; p++) {
    v128.store(panel, v128.load(x));
    store<u64>(panel, load<u64>(x, 16), 16);
    panel += 24;
    x += stepBytes;
  }
}

/** Four panels of width 6. */
export function copyFourSixes(panel: usize, x: usize, depth: i32, stepBytes: usize): void {
  const panelBytes = <usize>(24 * depth);
  let second = panel + panelBytes;
  let third = second + panelBytes;
  let fourth = third + panelBytes;
  for (let p = 0; p < depth; p++) {
    v128.store(panel, v128.load(x));
    store<u64>(panel, load<u64>(x, 16), 16);
    v128.store(second, v128.load(x, 24));
    store<u64>(second, load<u64>(x, 40), 16);
    v128.store(third, v128.load(x, 48));
    store<u64>(third, load<u64>(x, 64), 16);
    v128.store(fourth, v128.load(x, 72));
    store<u64>(fourth, load<u64>(x, 88), 16);
    panel += 24;
    second += 24;
    third += 24;
    fourth += 24;
    x += stepBytes;
  }
}

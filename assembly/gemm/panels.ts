/**
 * The macro-kernels: the loops over panels with the tile inlined. They are exported so that nothing is inlined into or out of them; how
 * deeply the K loop is nested decides how far V8 unrolls it (a stand-alone tile reaches 39 GFLOP/s on Node 20, the same tile here 48).
 *
 *   for each panel of B (8 columns, in L1)            A: panels of six rows, then panels of four
 *     for each panel of A (6 or 4 rows, from L2)      B: panels of eight columns
 *       for each term p                               C: tiles in place
 *         the tile
 */
import { narrowTile4, narrowTile6, tile4, tile6 } from "./tile";

/** C = or += A·B over `sixes` and `fours` panels of packed A and `panels` of packed B. `cRow` in bytes. */
export function multiplyPanels(
  c: usize,
  a: usize,
  b: usize,
  sixes: i32,
  fours: i32,
  panels: i32,
  depth: i32,
  cRow: usize,
  add: bool,
): void {
  assert(depth > 0);
  const depthBytes = <usize>depth << 2;
  for (let j = 0; j < panels; j++) {
    let aPanel = a;
    let tile = c;
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (let i = 0; i < sixes; i++) {
        tile6(tile, cRow, aPanel, 24, b, 32, depth, add);
        aPanel += 6 * depthBytes;
        tile += 6 * cRow;
      }
    }
    for (let i = 0; i < fours; i++) {
      tile4(tile, cRow, aPanel, 16, b, 32, depth, add);
      aPanel += 4 * depthBytes;
      tile += 4 * cRow;
    }
    b += 8 * depthBytes;
    c += 32;
  }
}

/** C = A·B over panels of packed A and one packed panel of B with four columns. */
export function multiplyNarrowPanel(c: usize, a: usize, b: usize, sixes: i32, fours: i32, depth: i32, cRow: usize): void {
  assert(depth > 0);
  const depthBytes = <usize>depth << 2;
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (let i = 0; i < sixes; i++) {
      narrowTile6(c, cRow, a, 24, b, 16, depth);
      a += 6 * depthBytes;
      c += 6 * cRow;
    }
  }
  for (let i = 0; i < fours; i++) {
    narrowTile4(c, cRow, a, 16, b, 16, depth);
    a += 4 * depthBytes;
    c += 4 * cRow;
  }
}

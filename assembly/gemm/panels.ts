/**
 * The macro-kernels: the loops over panels with the tile inlined. They are exported so that nothing is
 * inlined into or out of them; how deeply the K loop is nested decides how far V8 unrolls it (a stand-alone
 * tile reaches 39 GFLOP/s on Node 20, the same tile here 53).
 *
 *   for each panel of B (8 columns, stays in L1)
 *     for each panel of A (6 rows, then 4 rows, from L2)
 *       for each term p
 *         the tile
 *
 *   packed:     the lines of a panel follow each other; the next panel comes after all of them
 *   in place:   lines are `lead` bytes apart; the next panel is the next few elements of the same lines
 */
import { rowTile4, rowTile6 } from "./rowTile";
import { tile4, tile6 } from "./tile";

/**
 * C = or += A·B over panels of six rows, of four, and of eight columns. A lead of 0 means packed. `cRow` and
 * leads in bytes.
 */
export function multiplyPanels(
  c: usize,
  a: usize,
  b: usize,
  sixes: i32,
  fours: i32,
  eights: i32,
  depth: i32,
  cRow: usize,
  aLead: usize,
  bLead: usize,
  add: bool,
): void {
  assert(depth > 0, "a product has terms");
  const sixStep: usize = aLead ? aLead : 24;
  const fourStep: usize = aLead ? aLead : 16;
  const bStep: usize = bLead ? bLead : 32;
  const nextSix: usize = aLead ? 24 : 24 * <usize>depth;
  const nextFour: usize = aLead ? 16 : 16 * <usize>depth;
  const nextEight: usize = bLead ? 32 : 32 * <usize>depth;
  for (let j = 0; j < eights; j++) {
    let panel = a;
    let tile = c;
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (let i = 0; i < sixes; i++) {
        tile6(tile, cRow, panel, sixStep, b, bStep, depth, add);
        panel += nextSix;
        tile += 6 * cRow;
      }
    }
    for (let i = 0; i < fours; i++) {
      tile4(tile, cRow, panel, fourStep, b, bStep, depth, add);
      panel += nextFour;
      tile += 4 * cRow;
    }
    b += nextEight;
    c += 32;
  }
}

/** The same for an A whose rows, each contiguous and `aRow` bytes after the one before, are read in place. */
export function multiplyRowPanels(
  c: usize,
  a: usize,
  b: usize,
  sixes: i32,
  fours: i32,
  eights: i32,
  depth: i32,
  cRow: usize,
  aRow: usize,
  bLead: usize,
  add: bool,
): void {
  assert(depth > 0, "a product has terms");
  const bStep: usize = bLead ? bLead : 32;
  const nextEight: usize = bLead ? 32 : 32 * <usize>depth;
  for (let j = 0; j < eights; j++) {
    let panel = a;
    let tile = c;
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (let i = 0; i < sixes; i++) {
        rowTile6(tile, cRow, panel, aRow, b, bStep, depth, add);
        panel += 6 * aRow;
        tile += 6 * cRow;
      }
    }
    for (let i = 0; i < fours; i++) {
      rowTile4(tile, cRow, panel, aRow, b, bStep, depth, add);
      panel += 4 * aRow;
      tile += 4 * cRow;
    }
    b += nextEight;
    c += 32;
  }
}

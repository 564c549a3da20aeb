/**
 * One block of C from one packed block of A and one of B. Tiles at the lower and right edge that are only partly inside C
 * are computed whole into scratch, and the part inside is copied: the arithmetic has one shape.
 *
 *        whole panels of B          rest: one panel of 4 or 8 columns
 *   ┌──────────────────────────┬───┐
 *   │ tiles, in place          │ 2 │   2: rows × rest, through scratch
 *   │ in strips of 64 columns  │   │
 *   ├──────────────────────────┤   │
 *   │ 1: last panel of A       │   │   1: through scratch, if not all of its rows exist
 *   └──────────────────────────┴───┘
 */
import { foursAmong, paddedRows, STRIP_COLUMNS, TILE_COLUMNS } from "./blocking";
import { multiplyNarrowPanel, multiplyPanels } from "./panels";

/** C[rows, columns] = or += A·B, both packed, `depth` terms. `cRow` in bytes. */
export function multiplyBlock(
  c: usize,
  a: usize,
  b: usize,
  edge: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  cRow: usize,
  add: bool,
): void {
  const padded = paddedRows(rows);
  const fours = foursAmong(padded);
  const sixes = (padded - 4 * fours) / 6;
  const partial = padded > rows;
  const wholeFours = fours - i32(partial && fours > 0);
  const wholeSixes = sixes - i32(partial && fours === 0);
  const wholeRows = 6 * wholeSixes + 4 * wholeFours;
  const wholeColumns = columns & ~(TILE_COLUMNS - 1);
  const depthBytes = <usize>depth << 2;

  for (let j = 0; j < wholeColumns; j += STRIP_COLUMNS) {
    const panels = min(STRIP_COLUMNS, wholeColumns - j) / TILE_COLUMNS;
    const strip = c + (<usize>j << 2);
    multiplyPanels(strip, a, b + <usize>j * depthBytes, wholeSixes, wholeFours, panels, depth, cRow, add);
  }
  if (partial && wholeColumns > 0) {
    const edgeRow = <usize>wholeColumns << 2;
    const panel = a + <usize>wholeRows * depthBytes;
    multiplyPanels(edge, panel, b, sixes - wholeSixes, fours - wholeFours, wholeColumns / TILE_COLUMNS, depth, edgeRow, false);
    moveRows(c + <usize>wholeRows * cRow, edge, rows - wholeRows, wholeColumns, cRow, edgeRow, add);
  }
  const rest = columns - wholeColumns;
  if (rest > 0) {
    const panel = b + <usize>wholeColumns * depthBytes;
    if (rest > 4) multiplyPanels(edge, a, panel, sixes, fours, 1, depth, 32, false);
    else multiplyNarrowPanel(edge, a, panel, sixes, fours, depth, 32);
    moveRows(c + (<usize>wholeColumns << 2), edge, rows, rest, cRow, 32, add);
  }
}

/** C[rows, columns] = or += edge[rows, columns]. */
export function moveRows(
  c: usize,
  edge: usize,
  rows: i32,
  columns: i32,
  cRow: usize,
  edgeRow: usize,
  add: bool,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns << 2; j += 4) {
      const sum = load<f32>(edge + j);
      store<f32>(c + j, add ? load<f32>(c + j) + sum : sum);
    }
    c += cRow;
    edge += edgeRow;
  }
}

/**
 * One block of C from one block of A and one of B, each packed or in place.
 *
 *        whole panels of B          rest
 *   ┌──────────────────────────┬───┐
 *   │ tiles, in place          │ 2 │   1: the last panel of A, if not all of its rows exist (the others are
 *   │ in strips of 64 columns  │   │      packed as zeros): its tiles go to scratch, and the rows that exist
 *   ├──────────────────────────┤   │      are moved to C
 *   │ 1                        │   │   2: up to 7 columns, one at a time
 *   └──────────────────────────┴───┘
 */
import { foursAmong, paddedRows, sixesAmong, STRIP_COLUMNS, TILE_COLUMNS } from "./blocking";
import { multiplyColumns } from "./columns";
import { moveRows } from "./move";
import { multiplyPanels } from "./panels";

/**
 * C[rows, columns] = or += A·B of `depth` terms. `a` is packed or, with a lead, in place; so is `b` for the
 * whole panels; `rest` points to the columns of B after those, always in place. Rows, columns' distances and
 * leads in bytes.
 */
export function multiplyBlock(
  c: usize,
  a: usize,
  b: usize,
  rest: usize,
  edge: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  cRow: usize,
  aLead: usize,
  bLead: usize,
  restRow: usize,
  restColumn: usize,
  add: bool,
): void {
  const padded = paddedRows(rows);
  const fours = foursAmong(padded);
  const sixes = sixesAmong(padded);
  const wholeFours = fours - i32(padded > rows && fours > 0);
  const wholeSixes = sixes - i32(padded > rows && fours === 0);
  const wholeRows = 6 * wholeSixes + 4 * wholeFours;
  assert(aLead === 0 || wholeRows === rows, "a partial panel of A is packed");
  const wholeColumns = columns & ~(TILE_COLUMNS - 1);
  const nextStrip = <usize>(STRIP_COLUMNS * (bLead ? 1 : depth)) << 2;
  let strip = b;
  for (let j = 0; j < wholeColumns; j += STRIP_COLUMNS) {
    const eights = min(STRIP_COLUMNS, wholeColumns - j) / TILE_COLUMNS;
    const cStrip = c + (<usize>j << 2);
    multiplyPanels(cStrip, a, strip, wholeSixes, wholeFours, eights, depth, cRow, aLead, bLead, add);
    strip += nextStrip;
  }
  if (wholeRows < rows && wholeColumns > 0) {
    const last = a + (<usize>(wholeRows * depth) << 2);
    const eights = wholeColumns / TILE_COLUMNS;
    const edgeRow = <usize>wholeColumns << 2;
    const six = sixes - wholeSixes;
    const four = fours - wholeFours;
    multiplyPanels(edge, last, b, six, four, eights, depth, edgeRow, 0, bLead, false);
    moveRows(c + <usize>wholeRows * cRow, edge, rows - wholeRows, wholeColumns, cRow, edgeRow, add);
  }
  if (wholeColumns < columns) {
    const cRest = c + (<usize>wholeColumns << 2);
    const n = columns - wholeColumns;
    multiplyColumns(
      cRest, a, rest, edge,
      rows, n, depth, sixes, fours, cRow, aLead, restRow, restColumn, add,
    );
  }
}

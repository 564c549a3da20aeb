/**
 * The loops over blocks (Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication"):
 *
 *   for each block of columns of C                 B's block: depth × columns, packed once
 *     for each 256 terms, in order                 the sum of C grows by one block sum
 *       for each block of rows of C                A's block: rows × depth, packed
 *         panels by panels
 *
 *   scratch:  | packed A | packed B | edge tiles |
 */
import { multiplyBlock } from "./block";
import {
  BLOCK_COLUMNS,
  BLOCK_DEPTH,
  BLOCK_ROWS,
  evenShare,
  FEW_COLUMNS,
  FEW_ROWS,
  foursAmong,
  IN_PLACE_BYTES,
  paddedRows,
  sixesAmong,
  TILE_COLUMNS,
  TILE_ROWS,
} from "./blocking";
import { packPanels } from "./pack";
import { multiplyRowPanels } from "./panels";
import { multiplyRows } from "./rows";

/** C = or += A·B for one problem. Strides in bytes. */
export function multiply(
  c: usize,
  a: usize,
  b: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  cRow: usize,
  aRow: usize,
  aColumn: usize,
  bRow: usize,
  bColumn: usize,
  add: bool,
): void {
  const bInPlace = bColumn === 4 && fitsInPlace(min(k, BLOCK_DEPTH), bRow);
  if (m <= FEW_ROWS && bColumn === 4 && !bInPlace) {
    multiplyRows(c, a, b, scratch, m, n, k, cRow, aRow, aColumn, bRow, add);
    return;
  }
  const packedB = scratch + (<usize>(BLOCK_ROWS * BLOCK_DEPTH) << 2);
  const blockColumns = evenShare(n, BLOCK_COLUMNS, TILE_COLUMNS);
  for (let j = 0; j < n; j += blockColumns) {
    const columns = min(blockColumns, n - j);
    const whole = columns & ~(TILE_COLUMNS - 1);
    for (let p = 0; p < k; p += BLOCK_DEPTH) {
      const depth = min(BLOCK_DEPTH, k - p);
      const aBlock = a + <usize>p * aColumn;
      const bBlock = b + <usize>p * bRow + <usize>j * bColumn;
      const rest = bBlock + <usize>whole * bColumn;
      if (!bInPlace) packPanels(packedB, bBlock, whole, TILE_COLUMNS, depth, bColumn, bRow);
      const panels = bInPlace ? bBlock : packedB;
      const bLead: usize = bInPlace ? bRow : 0;
      multiplySlab(
        c + (<usize>j << 2), aBlock, panels, rest, scratch,
        m, columns, depth, cRow, aRow, aColumn, bLead, bRow, bColumn, add || p > 0,
      );
    }
  }
}

/**
 * C[m, columns] = or += A·B for up to 256 terms: `b` are the whole panels, `rest` the columns after them.
 * Strides in bytes.
 */
export function multiplySlab(
  c: usize,
  a: usize,
  b: usize,
  rest: usize,
  scratch: usize,
  m: i32,
  columns: i32,
  depth: i32,
  cRow: usize,
  aRow: usize,
  aColumn: usize,
  bLead: usize,
  restRow: usize,
  restColumn: usize,
  add: bool,
): void {
  const blockRows = evenShare(m, BLOCK_ROWS, TILE_ROWS);
  const edge = scratch + (<usize>((BLOCK_ROWS + BLOCK_COLUMNS) * BLOCK_DEPTH) << 2);
  const lanesFit = aRow === 4 && fitsInPlace(depth, aColumn);
  const rowsFit = aColumn === 4 && columns <= FEW_COLUMNS && columns % TILE_COLUMNS === 0;
  for (let i = 0; i < m; i += blockRows) {
    const rows = min(blockRows, m - i);
    const inTiles = paddedRows(rows) === rows;
    if (rowsFit && inTiles) {
      const eights = columns / TILE_COLUMNS;
      multiplyRowPanels(c, a, b, sixesAmong(rows), foursAmong(rows), eights, depth, cRow, aRow, bLead, add);
    } else {
      const inPlace = lanesFit && inTiles;
      if (!inPlace) packRows(scratch, a, rows, depth, aRow, aColumn);
      const panels = inPlace ? a : scratch;
      const aLead: usize = inPlace ? aColumn : 0;
      multiplyBlock(
        c, panels, b, rest, edge,
        rows, columns, depth, cRow, aLead, bLead, restRow, restColumn, add,
      );
    }
    a += <usize>rows * aRow;
    c += <usize>rows * cRow;
  }
}

/** Packs rows of A in panels of six, then four. Strides in bytes. */
export function packRows(panels: usize, a: usize, rows: i32, depth: i32, aRow: usize, aColumn: usize): void {
  const inSixes = min(rows, 6 * sixesAmong(paddedRows(rows)));
  const fours = panels + (<usize>(inSixes * depth) << 2);
  if (ASC_FEATURE_RELAXED_SIMD) packPanels(panels, a, inSixes, 6, depth, aRow, aColumn);
  packPanels(fours, a + <usize>inSixes * aRow, rows - inSixes, 4, depth, aRow, aColumn);
}

/**
 * Whether an operand whose lanes are adjacent is read where it lies: `depth` lines `lead` bytes apart fit the
 * ways of L1.
 */
// @ts-ignore: decorator
@inline
function fitsInPlace(depth: i32, lead: usize): bool {
  return <usize>depth * lead <= IN_PLACE_BYTES;
}

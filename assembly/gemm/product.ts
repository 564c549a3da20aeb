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
      const cBlock = c + (<usize>j << 2);
      const addBlock = add || p > 0;
      multiplySlab(cBlock, aBlock, panels, rest, scratch, m, columns, depth, cRow, aRow, aColumn, bLead, bRow, bColumn, addBlock);
    }
  }
}

/** C[m, columns] = or += A·B for up to 256 terms: `b` are the whole panels, `rest` the columns after them. Strides in bytes. */
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
      multiplyBlock(c, panels, b, rest, edge, rows, columns, depth, cRow, aLead, bLead, restRow, restColumn, add);
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

/** Whether an operand whose lanes are adjacent is read where it lies: `depth` lines `lead` bytes apart fit the ways of L1. */
// @ts-ignore: decorator
@inline
function fitsInPlace(depth: i32, lead: usize): bool {
  return <usize>depth * lead <= IN_PLACE_BYTES;
}

/** `multiply` for each problem of a batch; strides and offsets in elements, as in the contract. */
// @ts-ignore: decorator
@inline
function multiplyBatch(
  c: usize,
  a: usize,
  b: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  cRow: i32,
  aRow: i32,
  aColumn: i32,
  bRow: i32,
  bColumn: i32,
  batch: i32,
  cBatch: i32,
  aBatch: i32,
  bBatch: i32,
  add: bool,
): void {
  assert(m > 0 && n > 0 && k > 0, "gemm: sizes are positive");
  assert(aRow === 1 || aColumn === 1, "gemm: rows or columns of A are contiguous");
  assert(bRow === 1 || bColumn === 1, "gemm: rows or columns of B are contiguous");
  const cBytes = <usize>cRow << 2;
  const aRowBytes = <usize>aRow << 2;
  const aColumnBytes = <usize>aColumn << 2;
  const bRowBytes = <usize>bRow << 2;
  const bColumnBytes = <usize>bColumn << 2;
  for (let i = 0; i < batch; i++) {
    multiply(c, a, b, scratch, m, n, k, cBytes, aRowBytes, aColumnBytes, bRowBytes, bColumnBytes, add);
    c += <usize>cBatch << 2;
    a += <usize>aBatch << 2;
    b += <usize>bBatch << 2;
  }
}

/** C = A·B; see the contract, src/runtime/kernels/gemm.ts. */
export function gemm(
  c: usize,
  a: usize,
  b: usize,
  scratch: usize,
  cOffset: i32,
  aOffset: i32,
  bOffset: i32,
  m: i32,
  n: i32,
  k: i32,
  cRow: i32,
  aRow: i32,
  aColumn: i32,
  bRow: i32,
  bColumn: i32,
  batch: i32,
  cBatch: i32,
  aBatch: i32,
  bBatch: i32,
): void {
  c += <usize>cOffset << 2;
  a += <usize>aOffset << 2;
  b += <usize>bOffset << 2;
  multiplyBatch(c, a, b, scratch, m, n, k, cRow, aRow, aColumn, bRow, bColumn, batch, cBatch, aBatch, bBatch, false);
}

/** C += A·B. */
export function gemmAddInto(
  c: usize,
  a: usize,
  b: usize,
  scratch: usize,
  cOffset: i32,
  aOffset: i32,
  bOffset: i32,
  m: i32,
  n: i32,
  k: i32,
  cRow: i32,
  aRow: i32,
  aColumn: i32,
  bRow: i32,
  bColumn: i32,
  batch: i32,
  cBatch: i32,
  aBatch: i32,
  bBatch: i32,
): void {
  c += <usize>cOffset << 2;
  a += <usize>aOffset << 2;
  b += <usize>bOffset << 2;
  multiplyBatch(c, a, b, scratch, m, n, k, cRow, aRow, aColumn, bRow, bColumn, batch, cBatch, aBatch, bBatch, true);
}

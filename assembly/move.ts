/** Kernels that move slots of any dtype: only loads and stores of bits, no arithmetic. */
import { LANES, slot, storeFirst, VECTOR } from "./lanes";

/**
 * Contiguous runs at least this long are worth a call of the engine's memory copy, which costs some 20 ns.
 */
const LONG_RUN: i32 = 1024;

export function fill(y: usize, size: i32, value: f32): void {
  fillSlots(y, size, f32x4.splat(value));
}

export function fillI32(y: usize, size: i32, value: i32): void {
  fillSlots(y, size, i32x4.splat(value));
}

// @ts-ignore: decorator
@inline
function fillSlots(y: usize, size: i32, value: v128): void {
  for (; size >= LANES; size -= LANES) {
    v128.store(y, value);
    y += VECTOR;
  }
  if (size > 0) storeFirst(y, value, size);
}

/**
 * The loops may run in any order, so neighbours that are one axis in both x and y are merged and the axes
 * turned to where vectors can be used. Then the last two axes are a plane of contiguous rows, a transpose,
 * or neither.
 */
export function copy(
  y: usize, x: usize, yOffset: i32, xOffset: i32, n0: i32, n1: i32, n2: i32, n3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
): void {
  y = slot(y, yOffset);
  x = slot(x, xOffset);
  // Axes of one element go outwards, and an axis that continues the next one is merged into it.
  for (let pass = 0; pass < 3; pass++) {
    if (n3 == 1 || (y2 == n3 * y3 && x2 == n3 * x3)) {
      if (n3 == 1) { y3 = y2; x3 = x2; }
      n3 *= n2;
      n2 = 1;
    }
    if (n2 == 1 || (y1 == n2 * y2 && x1 == n2 * x2)) {
      if (n2 == 1) { y2 = y1; x2 = x1; }
      n2 *= n1;
      n1 = 1;
    }
    if (n1 == 1 || (y0 == n1 * y1 && x0 == n1 * x1)) {
      if (n1 == 1) { y1 = y0; x1 = x0; }
      n1 *= n0;
      n0 = 1;
    }
  }
  // Turned until y is contiguous along the last axis, then, if x is not, until x is along the one before; a
  // full turn finds none.
  for (let turn = 0; turn < 4 && (y3 != 1 || n3 == 1); turn++) {
    const n = n0; n0 = n1; n1 = n2; n2 = n3; n3 = n;
    const yStride = y0; y0 = y1; y1 = y2; y2 = y3; y3 = yStride;
    const xStride = x0; x0 = x1; x1 = x2; x2 = x3; x3 = xStride;
  }
  for (let turn = 0; turn < 3 && (x2 != 1 || n2 == 1) && x3 > 1; turn++) {
    const n = n0; n0 = n1; n1 = n2; n2 = n;
    const yStride = y0; y0 = y1; y1 = y2; y2 = yStride;
    const xStride = x0; x0 = x1; x1 = x2; x2 = xStride;
  }
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      copyPlane(slot(slot(y, i0 * y0), i1 * y1), slot(slot(x, i0 * x0), i1 * x1), n2, n3, y2, y3, x2, x3);
    }
  }
}

/** y[i·yRow + j·yColumn] = x[i·xRow + j·xColumn] for i < rows, j < columns. */
// @ts-ignore: decorator
@inline
function copyPlane(
  y: usize, x: usize, rows: i32, columns: i32, yRow: i32, yColumn: i32, xRow: i32, xColumn: i32,
): void {
  if (yColumn == 1 && xColumn == 1) {
    for (let i = 0; i < rows; i++) copyRun(slot(y, i * yRow), slot(x, i * xRow), columns);
  } else if (yColumn == 1 && xRow == 1) {
    transpose(y, x, rows, columns, yRow, xColumn);
  } else if (yRow == 1 && xColumn == 1) {
    transpose(y, x, columns, rows, yColumn, xRow);
  } else if (yColumn == 1 && xColumn == 0) {
    for (let i = 0; i < rows; i++) {
      fillSlots(slot(y, i * yRow), columns, v128.load32_splat(slot(x, i * xRow)));
    }
  } else {
    copySlots(y, x, rows, columns, yRow, yColumn, xRow, xColumn);
  }
}

// @ts-ignore: decorator
@inline
function copyRun(y: usize, x: usize, size: i32): void {
  if (size >= LONG_RUN) {
    memory.copy(y, x, <usize>size << 2);
    return;
  }
  for (; size >= LANES; size -= LANES) {
    v128.store(y, v128.load(x));
    y += VECTOR;
    x += VECTOR;
  }
  for (; size > 0; size--) {
    store<i32>(y, load<i32>(x));
    y += 4;
    x += 4;
  }
}

function copySlots(
  y: usize, x: usize, rows: i32, columns: i32, yRow: i32, yColumn: i32, xRow: i32, xColumn: i32,
): void {
  const yStep = <usize>yColumn << 2;
  const xStep = <usize>xColumn << 2;
  for (let i = 0; i < rows; i++) {
    let to = slot(y, i * yRow);
    let from = slot(x, i * xRow);
    for (let j = columns; j > 0; j--) {
      store<i32>(to, load<i32>(from));
      to += yStep;
      from += xStep;
    }
  }
}

/** Columns of y done for all rows before the next ones: their lines of x stay in a small cache. */
const TRANSPOSE_BLOCK: i32 = 64;

/** y[i·yRow + j] = x[i + j·xRow] for i < rows, j < columns, in tiles of 4×4. */
function transpose(y: usize, x: usize, rows: i32, columns: i32, yRow: i32, xRow: i32): void {
  const tiledRows = rows & -LANES;
  const tiledColumns = columns & -LANES;
  for (let first = 0; first < tiledColumns; first += TRANSPOSE_BLOCK) {
    const last = min<i32>(first + TRANSPOSE_BLOCK, tiledColumns);
    for (let i = 0; i < tiledRows; i += LANES) {
      for (let j = first; j < last; j += LANES) {
        transposeTile(slot(slot(y, i * yRow), j), slot(slot(x, j * xRow), i), yRow, xRow);
      }
    }
  }
  const rightX = slot(x, tiledColumns * xRow);
  copySlots(slot(y, tiledColumns), rightX, tiledRows, columns - tiledColumns, yRow, 1, 1, xRow);
  const lowerY = slot(y, tiledRows * yRow);
  copySlots(lowerY, slot(x, tiledRows), rows - tiledRows, columns, yRow, 1, 1, xRow);
}

/**
 *   a0 a1 a2 a3      a0 b0 c0 d0
 *   b0 b1 b2 b3  →   a1 b1 c1 d1
 *   c0 c1 c2 c3      a2 b2 c2 d2
 *   d0 d1 d2 d3      a3 b3 c3 d3
 */
// @ts-ignore: decorator
@inline
function transposeTile(y: usize, x: usize, yRow: i32, xRow: i32): void {
  const a = v128.load(x);
  const b = v128.load(slot(x, xRow));
  const c = v128.load(slot(x, 2 * xRow));
  const d = v128.load(slot(x, 3 * xRow));
  const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<i32>(abLow, cdLow, 0, 1, 4, 5));
  v128.store(slot(y, yRow), v128.shuffle<i32>(abLow, cdLow, 2, 3, 6, 7));
  v128.store(slot(y, 2 * yRow), v128.shuffle<i32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(slot(y, 3 * yRow), v128.shuffle<i32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/**
 * A few rows times a matrix whose rows are contiguous. Each row of B is read once, front to back, as memory
 * likes it, and added to the sums of each row of C; the sums of 4096 columns stay in L1. A tile would read B
 * in columns 32 bytes wide, and packing would copy all of it for one use. Terms come in the contract's order
 * for each element.
 *
 *   for each 4096 columns
 *     for each 256 terms p
 *       for each row i:   sums[i, :] += a[i, p] · b[p, :]
 *       C = or += sums
 */
import { mulAdd } from "../simd";
import { BLOCK_DEPTH } from "./blocking";
import { moveRows } from "./move";
import { firstLanes } from "./rowTimesMatrix";

/** Columns whose sums are kept at once: 16 kB, a third of a first-level cache. */
const CHUNK: i32 = 4096;

/** C[m, n] = or += A·B. `sums` has room for m·4096 elements. Strides in bytes. */
export function multiplyRows(
  c: usize,
  a: usize,
  b: usize,
  sums: usize,
  m: i32,
  n: i32,
  k: i32,
  cRow: usize,
  aRow: usize,
  aColumn: usize,
  bRow: usize,
  add: bool,
): void {
  const sumsRow = <usize>min(CHUNK, (n + 3) & ~3) << 2;
  for (let j = 0; j < n; j += CHUNK) {
    const columns = min(CHUNK, n - j);
    const chunk = <usize>j << 2;
    let bLine = b + chunk;
    for (let p = 0; p < k; p++) {
      if ((p & (BLOCK_DEPTH - 1)) === 0) {
        if (p > 0) moveRows(c + chunk, sums, m, columns, cRow, sumsRow, add || p > BLOCK_DEPTH);
        memory.fill(sums, 0, <usize>m * sumsRow);
      }
      for (let i = 0; i < m; i++) {
        const factor = load<f32>(a + <usize>i * aRow + <usize>p * aColumn);
        addScaled(sums + <usize>i * sumsRow, bLine, factor, columns);
      }
      bLine += bRow;
    }
    moveRows(c + chunk, sums, m, columns, cRow, sumsRow, add || k > BLOCK_DEPTH);
  }
}

/** sums[j] += factor·b[j]. Sums are padded to whole vectors. */
export function addScaled(sums: usize, b: usize, factor: f32, columns: i32): void {
  const splat = f32x4.splat(factor);
  for (let i = columns >> 4; i > 0; i--) {
    v128.store(sums, mulAdd(splat, v128.load(b), v128.load(sums)));
    v128.store(sums, mulAdd(splat, v128.load(b, 16), v128.load(sums, 16)), 16);
    v128.store(sums, mulAdd(splat, v128.load(b, 32), v128.load(sums, 32)), 32);
    v128.store(sums, mulAdd(splat, v128.load(b, 48), v128.load(sums, 48)), 48);
    sums += 64;
    b += 64;
  }
  for (let left = columns & 15; left > 0; left -= 4) {
    v128.store(sums, mulAdd(splat, firstLanes(b, left), v128.load(sums)));
    sums += 16;
    b += 16;
  }
}

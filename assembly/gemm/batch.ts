/** The two kernels of the contract, src/runtime/kernels/gemm.ts: offsets and strides in elements, batches. */
import { multiply } from "./product";

/** C = A·B. */
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
  const to = c + (<usize>cOffset << 2);
  const x = a + (<usize>aOffset << 2);
  const y = b + (<usize>bOffset << 2);
  each(to, x, y, scratch, m, n, k, cRow, aRow, aColumn, bRow, bColumn, batch, cBatch, aBatch, bBatch, false);
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
  const to = c + (<usize>cOffset << 2);
  const x = a + (<usize>aOffset << 2);
  const y = b + (<usize>bOffset << 2);
  each(to, x, y, scratch, m, n, k, cRow, aRow, aColumn, bRow, bColumn, batch, cBatch, aBatch, bBatch, true);
}

/** `multiply` for each problem of a batch. Strides in elements. */
// @ts-ignore: decorator
@inline
function each(
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

/**
 * The two tiles that gemm/tile does not have. See there for the drawing and for why the loop looks as it
 * does.
 *
 *   blend: C = C·factor + sums·weight, row by row   the softmax rescales what earlier blocks of keys gave
 *   rows:  A row by row, `BLOCK_BYTES` apart        a constant, so that one pointer reaches all rows
 */
import { mulAdd } from "../simd";

/** Elements in a row of a block of weights, and bytes. */
export const BLOCK: i32 = 96;
export const BLOCK_BYTES: usize = <usize>BLOCK << 2;

/** A fringe tile: 6 rows of 8. */
export const SPARE_BYTES: usize = 6 * 32;

/** What becomes of an output after a block of keys; `first`: there is none yet. */
// @ts-ignore: decorator
@inline
export function blended(before: v128, sums: v128, weights: v128, factors: v128, first: bool): v128 {
  const added = f32x4.mul(sums, weights);
  return first ? added : mulAdd(before, factors, added);
}

/** One row of C. */
// @ts-ignore: decorator
@inline
function blendRow(c: usize, low: v128, high: v128, weight: usize, factor: usize, first: bool): void {
  const weights = v128.load_splat<f32>(weight);
  low = f32x4.mul(low, weights);
  high = f32x4.mul(high, weights);
  if (!first) {
    const factors = v128.load_splat<f32>(factor);
    low = mulAdd(v128.load(c), factors, low);
    high = mulAdd(v128.load(c, 16), factors, high);
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}

/**
 * C[4, 8] = C·factor + weight·A[4, depth]·B[depth, 8]; `weight` and `factor` point to one number for each
 * row.
 */
// @ts-ignore: decorator
@inline
export function blendTile4(
  c: usize, cRow: usize, a: usize, aStep: usize, b: usize, bStep: usize, depth: i32,
  weight: usize, factor: usize, first: bool,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero;
  const bEnd = b + bStep * <usize>max(0, depth);
  while (b < bEnd) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = mulAdd(a0, b0, c00);
    c01 = mulAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = mulAdd(a1, b0, c10);
    c11 = mulAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = mulAdd(a2, b0, c20);
    c21 = mulAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = mulAdd(a3, b0, c30);
    c31 = mulAdd(a3, b1, c31);
    a += aStep;
    b += bStep;
  }
  blendRow(c, c00, c01, weight, factor, first);
  blendRow(c += cRow, c10, c11, weight + 4, factor + 4, first);
  blendRow(c += cRow, c20, c21, weight + 8, factor + 8, first);
  blendRow(c += cRow, c30, c31, weight + 12, factor + 12, first);
}

/** C[6, 8] = C·factor + weight·A[6, depth]·B[depth, 8]. */
// @ts-ignore: decorator
@inline
export function blendTile6(
  c: usize, cRow: usize, a: usize, aStep: usize, b: usize, bStep: usize, depth: i32,
  weight: usize, factor: usize, first: bool,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero, c40 = zero, c50 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero, c41 = zero, c51 = zero;
  const bEnd = b + bStep * <usize>max(0, depth);
  while (b < bEnd) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = mulAdd(a0, b0, c00);
    c01 = mulAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = mulAdd(a1, b0, c10);
    c11 = mulAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = mulAdd(a2, b0, c20);
    c21 = mulAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = mulAdd(a3, b0, c30);
    c31 = mulAdd(a3, b1, c31);
    const a4 = v128.load_splat<f32>(a, 16);
    c40 = mulAdd(a4, b0, c40);
    c41 = mulAdd(a4, b1, c41);
    const a5 = v128.load_splat<f32>(a, 20);
    c50 = mulAdd(a5, b0, c50);
    c51 = mulAdd(a5, b1, c51);
    a += aStep;
    b += bStep;
  }
  blendRow(c, c00, c01, weight, factor, first);
  blendRow(c += cRow, c10, c11, weight + 4, factor + 4, first);
  blendRow(c += cRow, c20, c21, weight + 8, factor + 8, first);
  blendRow(c += cRow, c30, c31, weight + 12, factor + 12, first);
  blendRow(c += cRow, c40, c41, weight + 16, factor + 16, first);
  blendRow(c += cRow, c50, c51, weight + 20, factor + 20, first);
}

/** Adds 8 sums to a row of C. */
// @ts-ignore: decorator
@inline
function addRow(c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(c), low));
  v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
}

/** C[4, 8] += A[4, depth]·B[depth, 8], the rows of A in a block of weights. */
// @ts-ignore: decorator
@inline
export function rowsTile4(c: usize, cRow: usize, a: usize, b: usize, bStep: usize, depth: i32): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero;
  const bEnd = b + bStep * <usize>depth;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = mulAdd(a0, b0, c00);
    c01 = mulAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(a, BLOCK_BYTES);
    c10 = mulAdd(a1, b0, c10);
    c11 = mulAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(a, 2 * BLOCK_BYTES);
    c20 = mulAdd(a2, b0, c20);
    c21 = mulAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(a, 3 * BLOCK_BYTES);
    c30 = mulAdd(a3, b0, c30);
    c31 = mulAdd(a3, b1, c31);
    a += 4;
    b += bStep;
  } while (b < bEnd);
  addRow(c, c00, c01);
  addRow(c += cRow, c10, c11);
  addRow(c += cRow, c20, c21);
  addRow(c += cRow, c30, c31);
}

/** C[6, 8] += A[6, depth]·B[depth, 8], the rows of A in a block of weights. */
// @ts-ignore: decorator
@inline
export function rowsTile6(c: usize, cRow: usize, a: usize, b: usize, bStep: usize, depth: i32): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero, c40 = zero, c50 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero, c41 = zero, c51 = zero;
  const bEnd = b + bStep * <usize>depth;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = mulAdd(a0, b0, c00);
    c01 = mulAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(a, BLOCK_BYTES);
    c10 = mulAdd(a1, b0, c10);
    c11 = mulAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(a, 2 * BLOCK_BYTES);
    c20 = mulAdd(a2, b0, c20);
    c21 = mulAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(a, 3 * BLOCK_BYTES);
    c30 = mulAdd(a3, b0, c30);
    c31 = mulAdd(a3, b1, c31);
    const a4 = v128.load_splat<f32>(a, 4 * BLOCK_BYTES);
    c40 = mulAdd(a4, b0, c40);
    c41 = mulAdd(a4, b1, c41);
    const a5 = v128.load_splat<f32>(a, 5 * BLOCK_BYTES);
    c50 = mulAdd(a5, b0, c50);
    c51 = mulAdd(a5, b1, c51);
    a += 4;
    b += bStep;
  } while (b < bEnd);
  addRow(c, c00, c01);
  addRow(c += cRow, c10, c11);
  addRow(c += cRow, c20, c21);
  addRow(c += cRow, c30, c31);
  addRow(c += cRow, c40, c41);
  addRow(c += cRow, c50, c51);
}

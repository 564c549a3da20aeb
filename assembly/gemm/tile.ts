/**
 * A tile of C in registers. Each step p takes one line of B as vectors and each element of a column of A as a splat:
 *
 *            b0       b1                 a: rows of one column, next to each other, `aStep` bytes from one p to the next
 *   a0   c00 c00 … | c01 …               b: a line of 8 columns, `bStep` bytes from one p to the next
 *   a1   c10 c10 … | c11 …
 *   …                                    a packed panel and an operand read in place differ only in their step
 *
 * Sums start from zero, so a tile is one block of the contract's order. B is loaded before the splats, one splat at a time: all splats
 * first makes V8 spill (six rows fall from 56 to 25 GFLOP/s). The loop is not unrolled by hand: V8 does that better, and Binaryen
 * interleaves unrolled steps until they spill.
 */
import { mulAdd } from "../simd";

/** Writes 8 sums to a row of C, or adds them. */
// @ts-ignore: decorator
@inline
function put(c: usize, low: v128, high: v128, add: bool): void {
  if (add) {
    v128.store(c, f32x4.add(v128.load(c), low));
    v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
  } else {
    v128.store(c, low);
    v128.store(c, high, 16);
  }
}

/** C[4, 8] = or += A[4, depth]·B[depth, 8]; steps and `cRow` in bytes. */
// @ts-ignore: decorator
@inline
export function tile4(c: usize, cRow: usize, a: usize, aStep: usize, b: usize, bStep: usize, depth: i32, add: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero;
  do {
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
  } while (--depth);
  put(c, c00, c01, add);
  put(c += cRow, c10, c11, add);
  put(c += cRow, c20, c21, add);
  put(c += cRow, c30, c31, add);
}

/** C[6, 8] = or += A[6, depth]·B[depth, 8]: 12 sums, 2 vectors of B and a splat are the 15 registers that V8 gives out. */
// @ts-ignore: decorator
@inline
export function tile6(c: usize, cRow: usize, a: usize, aStep: usize, b: usize, bStep: usize, depth: i32, add: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero, c40 = zero, c50 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero, c41 = zero, c51 = zero;
  do {
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
  } while (--depth);
  put(c, c00, c01, add);
  put(c += cRow, c10, c11, add);
  put(c += cRow, c20, c21, add);
  put(c += cRow, c30, c31, add);
  put(c += cRow, c40, c41, add);
  put(c += cRow, c50, c51, add);
}

/** C[4, 4] = A[4, depth]·B[depth, 4]: for up to four columns left over. C is scratch, so nothing is added. */
// @ts-ignore: decorator
@inline
export function narrowTile4(c: usize, cRow: usize, a: usize, aStep: usize, b: usize, bStep: usize, depth: i32): void {
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero;
  do {
    const b0 = v128.load(b);
    c0 = mulAdd(v128.load_splat<f32>(a), b0, c0);
    c1 = mulAdd(v128.load_splat<f32>(a, 4), b0, c1);
    c2 = mulAdd(v128.load_splat<f32>(a, 8), b0, c2);
    c3 = mulAdd(v128.load_splat<f32>(a, 12), b0, c3);
    a += aStep;
    b += bStep;
  } while (--depth);
  v128.store(c, c0);
  v128.store(c += cRow, c1);
  v128.store(c += cRow, c2);
  v128.store(c += cRow, c3);
}

/** C[6, 4] = A[6, depth]·B[depth, 4]. */
// @ts-ignore: decorator
@inline
export function narrowTile6(c: usize, cRow: usize, a: usize, aStep: usize, b: usize, bStep: usize, depth: i32): void {
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero;
  do {
    const b0 = v128.load(b);
    c0 = mulAdd(v128.load_splat<f32>(a), b0, c0);
    c1 = mulAdd(v128.load_splat<f32>(a, 4), b0, c1);
    c2 = mulAdd(v128.load_splat<f32>(a, 8), b0, c2);
    c3 = mulAdd(v128.load_splat<f32>(a, 12), b0, c3);
    c4 = mulAdd(v128.load_splat<f32>(a, 16), b0, c4);
    c5 = mulAdd(v128.load_splat<f32>(a, 20), b0, c5);
    a += aStep;
    b += bStep;
  } while (--depth);
  v128.store(c, c0);
  v128.store(c += cRow, c1);
  v128.store(c += cRow, c2);
  v128.store(c += cRow, c3);
  v128.store(c += cRow, c4);
  v128.store(c += cRow, c5);
}

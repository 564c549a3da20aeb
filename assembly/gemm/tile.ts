/**
 * A tile of C in registers. Each step p takes a line of B as two vectors and each element of a column of A as
 * a splat:
 *
 *            b0          b1
 *   a0   c00 c00 c00 c00 c01 c01 c01 c01     the rows of one p are adjacent, `aStep` bytes before those of
 *   a1   c10 …           c11 …               p + 1; the columns likewise, `bStep` bytes apart. A packed panel
 *   …                                        and an operand read in place differ only in their step
 *
 * Sums start from zero: a tile is one block of the contract's order. B is loaded before the splats, one splat
 * at a time: all splats first makes V8 spill (six rows fall from 56 to 25 GFLOP/s). The loop is not unrolled
 * by hand: V8 does that better, and Binaryen interleaves unrolled steps until they spill. It ends by a
 * comparison of addresses, because a counter would be one register too many.
 */
import { mulAdd } from "../simd";

/** Writes 8 sums to a row of C, or adds them. */
// @ts-ignore: decorator
@inline
export function put(c: usize, low: v128, high: v128, add: bool): void {
  if (add) {
    v128.store(c, f32x4.add(v128.load(c), low));
    v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
  } else {
    v128.store(c, low);
    v128.store(c, high, 16);
  }
}

/** C[4, 8] = or += A[4, depth]·B[depth, 8]. Steps and `cRow` in bytes. */
// @ts-ignore: decorator
@inline
export function tile4(
  c: usize,
  cRow: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  add: bool,
): void {
  const bEnd = b + bStep * <usize>depth;
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
  } while (b !== bEnd);
  put(c, c00, c01, add);
  put((c += cRow), c10, c11, add);
  put((c += cRow), c20, c21, add);
  put((c += cRow), c30, c31, add);
}

/**
 * C[6, 8] likewise: 12 sums, 2 vectors of B and a splat are the 15 registers that V8 gives out, if
 * multiply-add is fused.
 */
// @ts-ignore: decorator
@inline
export function tile6(
  c: usize,
  cRow: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  add: bool,
): void {
  const bEnd = b + bStep * <usize>depth;
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
  } while (b !== bEnd);
  put(c, c00, c01, add);
  put((c += cRow), c10, c11, add);
  put((c += cRow), c20, c21, add);
  put((c += cRow), c30, c31, add);
  put((c += cRow), c40, c41, add);
  put((c += cRow), c50, c51, add);
}

/**
 * The tile of tile.ts for an A that is read in place with its terms adjacent: the rows of one p lie `aRow`
 * bytes apart, so each row has an address of its own. That costs an addition more per splat than a panel, and
 * saves packing where A is used for few columns.
 */
import { mulAdd } from "../simd";
import { put } from "./tile";

/** C[4, 8] = or += A[4, depth]·B[depth, 8]. Steps and distances in bytes. */
// @ts-ignore: decorator
@inline
export function rowTile4(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  add: bool,
): void {
  const bEnd = b + bStep * <usize>depth;
  let r1 = a + aRow, r2 = r1 + aRow, r3 = r2 + aRow;
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = mulAdd(a0, b0, c00);
    c01 = mulAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(r1);
    c10 = mulAdd(a1, b0, c10);
    c11 = mulAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(r2);
    c20 = mulAdd(a2, b0, c20);
    c21 = mulAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(r3);
    c30 = mulAdd(a3, b0, c30);
    c31 = mulAdd(a3, b1, c31);
    a += 4, r1 += 4, r2 += 4, r3 += 4;
    b += bStep;
  } while (b !== bEnd);
  put(c, c00, c01, add);
  put((c += cRow), c10, c11, add);
  put((c += cRow), c20, c21, add);
  put((c += cRow), c30, c31, add);
}

/** C[6, 8] likewise. */
// @ts-ignore: decorator
@inline
export function rowTile6(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  add: bool,
): void {
  const bEnd = b + bStep * <usize>depth;
  let r1 = a + aRow, r2 = r1 + aRow, r3 = r2 + aRow, r4 = r3 + aRow, r5 = r4 + aRow;
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero, c40 = zero, c50 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero, c41 = zero, c51 = zero;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = mulAdd(a0, b0, c00);
    c01 = mulAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(r1);
    c10 = mulAdd(a1, b0, c10);
    c11 = mulAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(r2);
    c20 = mulAdd(a2, b0, c20);
    c21 = mulAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(r3);
    c30 = mulAdd(a3, b0, c30);
    c31 = mulAdd(a3, b1, c31);
    const a4 = v128.load_splat<f32>(r4);
    c40 = mulAdd(a4, b0, c40);
    c41 = mulAdd(a4, b1, c41);
    const a5 = v128.load_splat<f32>(r5);
    c50 = mulAdd(a5, b0, c50);
    c51 = mulAdd(a5, b1, c51);
    a += 4, r1 += 4, r2 += 4, r3 += 4, r4 += 4, r5 += 4;
    b += bStep;
  } while (b !== bEnd);
  put(c, c00, c01, add);
  put((c += cRow), c10, c11, add);
  put((c += cRow), c20, c21, add);
  put((c += cRow), c30, c31, add);
  put((c += cRow), c40, c41, add);
  put((c += cRow), c50, c51, add);
}

/**
 * The columns of C that make no whole tile, one at a time, with vectors down the rows. For each row of C the
 * terms are added in the same order as in a tile, so the bits are the same; and 65 columns cost a 65th more
 * than 64, where one more tile would cost an 8th.
 *
 *   panel of four, p         b[p]          panel of six, p: two vectors that share two rows
 *   a0 a1 a2 a3       ×   b b b b          a0 a1 a2 a3
 *                                                a2 a3 a4 a5
 *
 * Eight sums at once hide the latency of adding: eight panels of four or four of six. The last group begins
 * where it ends with the last panel, so that some sums may be computed twice. Sums go to `column`, one row
 * after the other, and from there to C.
 */
import { mulAdd } from "../simd";
import { moveRows } from "./move";

/**
 * C[rows, columns] = or += A·B for a few columns, A in panels of six and four, packed or in place as in
 * `multiplyPanels`.
 */
export function multiplyColumns(
  c: usize,
  a: usize,
  b: usize,
  column: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  sixes: i32,
  fours: i32,
  cRow: usize,
  aLead: usize,
  bRow: usize,
  bColumn: usize,
  add: bool,
): void {
  const nextSix: usize = aLead ? 24 : 24 * <usize>depth;
  const bExtent = bRow * <usize>depth;
  const belowSixes = column + 24 * <usize>sixes;
  for (let j = 0; j < columns; j++) {
    const bEnd = b + bExtent;
    if (ASC_FEATURE_RELAXED_SIMD) columnOfSixes(column, a, b, bEnd, sixes, aLead ? aLead : 24, nextSix, bRow);
    const aFours = a + nextSix * <usize>sixes;
    const nextFour: usize = aLead ? 16 : 16 * <usize>depth;
    columnOfFours(belowSixes, aFours, b, bEnd, fours, aLead ? aLead : 16, nextFour, bRow);
    moveRows(c, column, rows, 1, cRow, 4, add);
    c += 4;
    b += bColumn;
  }
}

/** column[4·fours] = A·b over panels of four. */
export function columnOfFours(
  column: usize,
  a: usize,
  b: usize,
  bEnd: usize,
  fours: i32,
  aStep: usize,
  next: usize,
  bStep: usize,
): void {
  let i = 0;
  if (fours >= 8) {
    for (; i < fours; i += 8) {
      i = min(i, fours - 8);
      eightFours(column + (<usize>i << 4), a + <usize>i * next, b, bEnd, aStep, next, bStep);
    }
  }
  for (; i < fours; i++) oneFour(column + (<usize>i << 4), a + <usize>i * next, b, bEnd, aStep, bStep);
}

/** column[32] = A·b over eight panels of four. */
// @ts-ignore: decorator
@inline
function eightFours(
  column: usize,
  a: usize,
  b: usize,
  bEnd: usize,
  aStep: usize,
  next: usize,
  bStep: usize,
): void {
  let a1 = a + next;
  let a2 = a1 + next;
  let a3 = a2 + next;
  let a4 = a3 + next;
  let a5 = a4 + next;
  let a6 = a5 + next;
  let a7 = a6 + next;
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  let p: usize = 0;
  do {
    const bp = v128.load_splat<f32>(b);
    c0 = mulAdd(v128.load(a + p), bp, c0);
    c1 = mulAdd(v128.load(a1 + p), bp, c1);
    c2 = mulAdd(v128.load(a2 + p), bp, c2);
    c3 = mulAdd(v128.load(a3 + p), bp, c3);
    c4 = mulAdd(v128.load(a4 + p), bp, c4);
    c5 = mulAdd(v128.load(a5 + p), bp, c5);
    c6 = mulAdd(v128.load(a6 + p), bp, c6);
    c7 = mulAdd(v128.load(a7 + p), bp, c7);
    p += aStep;
    b += bStep;
  } while (b !== bEnd);
  v128.store(column, c0);
  v128.store(column, c1, 16);
  v128.store(column, c2, 32);
  v128.store(column, c3, 48);
  v128.store(column, c4, 64);
  v128.store(column, c5, 80);
  v128.store(column, c6, 96);
  v128.store(column, c7, 112);
}

/** column[4] = A·b over one panel of four. */
// @ts-ignore: decorator
@inline
function oneFour(column: usize, a: usize, b: usize, bEnd: usize, aStep: usize, bStep: usize): void {
  let sum = f32x4.splat(0);
  do {
    sum = mulAdd(v128.load(a), v128.load_splat<f32>(b), sum);
    a += aStep;
    b += bStep;
  } while (b !== bEnd);
  v128.store(column, sum);
}

/** column[6·sixes] = A·b over panels of six. */
export function columnOfSixes(
  column: usize,
  a: usize,
  b: usize,
  bEnd: usize,
  sixes: i32,
  aStep: usize,
  next: usize,
  bStep: usize,
): void {
  let i = 0;
  if (sixes >= 4) {
    for (; i < sixes; i += 4) {
      i = min(i, sixes - 4);
      fourSixes(column + 24 * <usize>i, a + <usize>i * next, b, bEnd, aStep, next, bStep);
    }
  }
  for (; i < sixes; i++) oneSix(column + 24 * <usize>i, a + <usize>i * next, b, bEnd, aStep, bStep);
}

/** column[24] = A·b over four panels of six. */
// @ts-ignore: decorator
@inline
function fourSixes(
  column: usize,
  a: usize,
  b: usize,
  bEnd: usize,
  aStep: usize,
  next: usize,
  bStep: usize,
): void {
  let a1 = a + next;
  let a2 = a1 + next;
  let a3 = a2 + next;
  const zero = f32x4.splat(0);
  let c00 = zero, c10 = zero, c20 = zero, c30 = zero;
  let c01 = zero, c11 = zero, c21 = zero, c31 = zero;
  do {
    const bp = v128.load_splat<f32>(b);
    c00 = mulAdd(v128.load(a), bp, c00);
    c01 = mulAdd(v128.load(a, 8), bp, c01);
    c10 = mulAdd(v128.load(a1), bp, c10);
    c11 = mulAdd(v128.load(a1, 8), bp, c11);
    c20 = mulAdd(v128.load(a2), bp, c20);
    c21 = mulAdd(v128.load(a2, 8), bp, c21);
    c30 = mulAdd(v128.load(a3), bp, c30);
    c31 = mulAdd(v128.load(a3, 8), bp, c31);
    a += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bStep;
  } while (b !== bEnd);
  v128.store(column, c00);
  v128.store(column, c01, 8);
  v128.store(column, c10, 24);
  v128.store(column, c11, 32);
  v128.store(column, c20, 48);
  v128.store(column, c21, 56);
  v128.store(column, c30, 72);
  v128.store(column, c31, 80);
}

/** column[6] = A·b over one panel of six. */
// @ts-ignore: decorator
@inline
function oneSix(column: usize, a: usize, b: usize, bEnd: usize, aStep: usize, bStep: usize): void {
  let upper = f32x4.splat(0);
  let lower = upper;
  do {
    const bp = v128.load_splat<f32>(b);
    upper = mulAdd(v128.load(a), bp, upper);
    lower = mulAdd(v128.load(a, 8), bp, lower);
    a += aStep;
    b += bStep;
  } while (b !== bEnd);
  v128.store(column, upper);
  v128.store(column, lower, 8);
}

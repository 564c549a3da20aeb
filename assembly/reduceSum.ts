/**
 * Sums over the middle of [outer, length, inner]. The order of a sum is contract
 * (src/runtime/kernels/reduce.ts); this file only decides how many sums go on at the same time.
 */
import { LANES, loadUpTo, slot, storeUpTo, sumLanes, VECTOR } from "./lanes";

/**
 * Terms summed before the partial sum is added to the total; 16 lanes take them in turn where they are
 * contiguous.
 */
const SUM_CHUNK: i32 = 1024;

const enum Op {
  sum,
  sumOfSquares,
}

export function sum(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  total(Op.sum, y, x, outer, length, inner);
}

export function sumOfSquares(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  total(Op.sumOfSquares, y, x, outer, length, inner);
}

// @ts-ignore: decorator
@inline
function total(op: Op, y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  for (; outer > 0; outer--) {
    if (inner == 1) {
      let sum: f32 = 0;
      for (let first = 0; first < length; first += SUM_CHUNK) {
        sum += chunkSum(op, slot(x, first), min<i32>(SUM_CHUNK, length - first));
      }
      store<f32>(y, sum);
    } else {
      sumColumns(op, y, x, length, inner);
    }
    y = slot(y, inner);
    x = slot(x, length * inner);
  }
}

/**
 * Term t goes to lane t mod 16; zeros stand for the terms that are missing at the end, which changes no bit
 * of a sum.
 */
// @ts-ignore: decorator
@inline
function chunkSum(op: Op, x: usize, count: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; count >= 16; count -= 16) {
    s0 = f32x4.add(s0, term(op, v128.load(x)));
    s1 = f32x4.add(s1, term(op, v128.load(x, 16)));
    s2 = f32x4.add(s2, term(op, v128.load(x, 32)));
    s3 = f32x4.add(s3, term(op, v128.load(x, 48)));
    x += 64;
  }
  if (count > 0) s0 = f32x4.add(s0, term(op, loadUpTo(x, count)));
  if (count > 4) s1 = f32x4.add(s1, term(op, loadUpTo(x + 16, count - 4)));
  if (count > 8) s2 = f32x4.add(s2, term(op, loadUpTo(x + 32, count - 8)));
  if (count > 12) s3 = f32x4.add(s3, term(op, loadUpTo(x + 48, count - 12)));
  return sumLanes(f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3)));
}

// @ts-ignore: decorator
@inline
function term(op: Op, x: v128): v128 {
  return op == Op.sum ? x : f32x4.mul(x, x);
}

/** Columns side by side, 16 at a time: one line of a cache. */
// @ts-ignore: decorator
@inline
function sumColumns(op: Op, y: usize, x: usize, length: i32, inner: i32): void {
  let left = inner;
  for (; left >= 16; left -= 16) {
    sumSixteenColumns(op, y, x, length, inner);
    y += 64;
    x += 64;
  }
  for (; left > 0; left -= LANES) {
    sumFewColumns(op, y, x, length, inner, min<i32>(left, LANES));
    y += VECTOR;
    x += VECTOR;
  }
}

// @ts-ignore: decorator
@inline
function sumSixteenColumns(op: Op, y: usize, x: usize, length: i32, inner: i32): void {
  const row = <usize>inner << 2;
  let t0 = f32x4.splat(0);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  for (let first = 0; first < length; first += SUM_CHUNK) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let l = min<i32>(SUM_CHUNK, length - first); l > 0; l--) {
      s0 = f32x4.add(s0, term(op, v128.load(x)));
      s1 = f32x4.add(s1, term(op, v128.load(x, 16)));
      s2 = f32x4.add(s2, term(op, v128.load(x, 32)));
      s3 = f32x4.add(s3, term(op, v128.load(x, 48)));
      x += row;
    }
    t0 = f32x4.add(t0, s0);
    t1 = f32x4.add(t1, s1);
    t2 = f32x4.add(t2, s2);
    t3 = f32x4.add(t3, s3);
  }
  v128.store(y, t0);
  v128.store(y, t1, 16);
  v128.store(y, t2, 32);
  v128.store(y, t3, 48);
}

// @ts-ignore: decorator
@inline
function sumFewColumns(op: Op, y: usize, x: usize, length: i32, inner: i32, count: i32): void {
  const row = <usize>inner << 2;
  let total = f32x4.splat(0);
  for (let first = 0; first < length; first += SUM_CHUNK) {
    let sum = f32x4.splat(0);
    for (let l = min<i32>(SUM_CHUNK, length - first); l > 0; l--) {
      sum = f32x4.add(sum, term(op, loadUpTo(x, count)));
      x += row;
    }
    total = f32x4.add(total, sum);
  }
  storeUpTo(y, total, count);
}

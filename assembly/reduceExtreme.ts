/**
 * Largest and smallest terms over the middle of [outer, length, inner], and where they stand. NaN wins over
 * every number.
 */
import { LANES, loadUpTo, maxLane, minLane, select, slot, storeUpTo, VECTOR } from "./lanes";

const enum Op {
  max,
  min,
}

export function max(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  extreme(Op.max, y, x, outer, length, inner);
}

export function min(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  extreme(Op.min, y, x, outer, length, inner);
}

export function argmax(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  argExtreme(Op.max, y, x, outer, length, inner);
}

export function argmin(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  argExtreme(Op.min, y, x, outer, length, inner);
}

// @ts-ignore: decorator
@inline
function extreme(op: Op, y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  for (; outer > 0; outer--) {
    if (inner == 1) store<f32>(y, extremeOfRow(op, x, length));
    else {
      for (let column = 0; column < inner; column += LANES) {
        extremeOfColumns(op, slot(y, column), slot(x, column), length, inner, inner - column);
      }
    }
    y = slot(y, inner);
    x = slot(x, length * inner);
  }
}

/** The better of two, lane by lane; `best` where x is NaN, so NaN is looked for beside it. */
// @ts-ignore: decorator
@inline
function better(op: Op, best: v128, x: v128): v128 {
  return op == Op.max ? f32x4.pmax(best, x) : f32x4.pmin(best, x);
}

/**
 * Four chains side by side hide the latency. What is left is read again from the end: seeing a term twice
 * does no harm.
 */
// @ts-ignore: decorator
@inline
function extremeOfRow(op: Op, x: usize, length: i32): f32 {
  let b0 = v128.load32_splat(x);
  let isNaN = f32x4.ne(b0, b0);
  if (length < LANES) {
    for (let l = 1; l < length; l++) {
      const v = v128.load32_splat(slot(x, l));
      isNaN = v128.or(isNaN, f32x4.ne(v, v));
      b0 = better(op, b0, v);
    }
  } else {
    let b1 = b0;
    let b2 = b0;
    let b3 = b0;
    let at = x;
    let left = length;
    for (; left >= 16; left -= 16) {
      const v0 = v128.load(at);
      const v1 = v128.load(at, 16);
      const v2 = v128.load(at, 32);
      const v3 = v128.load(at, 48);
      b0 = better(op, b0, v0);
      b1 = better(op, b1, v1);
      b2 = better(op, b2, v2);
      b3 = better(op, b3, v3);
      const low = v128.or(f32x4.ne(v0, v0), f32x4.ne(v1, v1));
      const high = v128.or(f32x4.ne(v2, v2), f32x4.ne(v3, v3));
      isNaN = v128.or(isNaN, v128.or(low, high));
      at += 64;
    }
    for (; left > 0; left -= LANES) {
      const v = v128.load(left >= LANES ? at : slot(x, length - LANES));
      b0 = better(op, b0, v);
      isNaN = v128.or(isNaN, f32x4.ne(v, v));
      at += VECTOR;
    }
    b0 = better(op, better(op, b0, b1), better(op, b2, b3));
  }
  if (v128.any_true(isNaN)) return NaN;
  return op == Op.max ? maxLane(b0) : minLane(b0);
}

// @ts-ignore: decorator
@inline
function extremeOfColumns(op: Op, y: usize, x: usize, length: i32, inner: i32, count: i32): void {
  let best = loadUpTo(x, count);
  let isNaN = f32x4.ne(best, best);
  for (let l = 1; l < length; l++) {
    x = slot(x, inner);
    const v = loadUpTo(x, count);
    best = better(op, best, v);
    isNaN = v128.or(isNaN, f32x4.ne(v, v));
  }
  storeUpTo(y, select(isNaN, f32x4.splat(NaN), best), count);
}

// @ts-ignore: decorator
@inline
function argExtreme(op: Op, y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  for (; outer > 0; outer--) {
    if (inner == 1) store<i32>(y, firstEqual(x, length, extremeOfRow(op, x, length)));
    else {
      for (let column = 0; column < inner; column += LANES) {
        argExtremeOfColumns(op, slot(y, column), slot(x, column), length, inner, inner - column);
      }
    }
    y = slot(y, inner);
    x = slot(x, length * inner);
  }
}

/** Index of the first term equal to one that is there, or of the first NaN. */
// @ts-ignore: decorator
@inline
function firstEqual(x: usize, length: i32, value: f32): i32 {
  const wanted = f32x4.splat(value);
  const wantsNaN = f32x4.ne(wanted, wanted);
  let l = 0;
  for (; l <= length - LANES; l += LANES) {
    const v = v128.load(slot(x, l));
    const found = v128.or(f32x4.eq(v, wanted), v128.and(f32x4.ne(v, v), wantsNaN));
    if (v128.any_true(found)) return l + ctz<i32>(i32x4.bitmask(found));
  }
  for (; l < length - 1; l++) {
    const v = load<f32>(slot(x, l));
    if (v == value || (v != v && value != value)) break;
  }
  return l;
}

/** A later term takes over if it is better, or NaN, and what it replaces is a number. */
// @ts-ignore: decorator
@inline
function argExtremeOfColumns(op: Op, y: usize, x: usize, length: i32, inner: i32, count: i32): void {
  let best = loadUpTo(x, count);
  let index = i32x4.splat(0);
  for (let l = 1; l < length; l++) {
    x = slot(x, inner);
    const v = loadUpTo(x, count);
    const worse = op == Op.max ? f32x4.le(v, best) : f32x4.ge(v, best);
    const takes = v128.andnot(f32x4.eq(best, best), worse);
    best = select(takes, v, best);
    index = select(takes, i32x4.splat(l), index);
  }
  storeUpTo(y, index, count);
}

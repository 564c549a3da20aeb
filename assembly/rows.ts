/**
 * What softmax, cross-entropy and the norms do to one row of contiguous elements. The order of a sum
 * depends on the width alone.
 */
import { firstLanes, LANES, loadFirst, maxLane, select, storeFirst, sumLanes, VECTOR } from "./lanes";
import { expUpTo88 } from "./math";
import { PAIR, shiftedExpTwo, Use } from "./pairs";

/** The largest element, 0 if all are -∞. A NaN may be lost: it comes back in the sum of exponentials. */
// @ts-ignore: decorator
@inline
export function rowMaximum(x: usize, width: i32): f32 {
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let left = width;
  for (; left >= 2 * LANES; left -= 2 * LANES) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
    x += 2 * VECTOR;
  }
  if (left >= LANES) {
    m0 = f32x4.pmax(m0, v128.load(x));
    x += VECTOR;
    left -= LANES;
  }
  if (left > 0) m1 = f32x4.pmax(m1, select(firstLanes(left), loadFirst(x, left), f32x4.splat(-Infinity)));
  const maximum = maxLane(f32x4.pmax(m0, m1));
  return maximum == -Infinity ? 0 : maximum;
}

/** Σ exp(x - maximum); the terms go to y if `keep`. */
// @ts-ignore: decorator
@inline
export function rowExpSum(keep: bool, y: usize, x: usize, width: i32, maximum: f32): f32 {
  const shift = f32x4.splat(maximum);
  let sum = f32x4.splat(0);
  const body = <usize>(width & -LANES) << 2;
  let at: usize = 0;
  for (const wide = body & -PAIR; at < wide; at += PAIR) {
    sum = shiftedExpTwo(keep ? Use.keep : Use.sum, y + at, x + at, shift, sum, shift, shift);
  }
  for (; at < body; at += VECTOR) {
    const e = expUpTo88(f32x4.sub(v128.load(x + at), shift));
    if (keep) v128.store(y + at, e);
    sum = f32x4.add(sum, e);
  }
  const left = width & (LANES - 1);
  if (left) {
    const e = expUpTo88(f32x4.sub(loadFirst(x + at, left), shift));
    if (keep) storeFirst(y + at, e, left);
    sum = f32x4.add(sum, v128.and(e, firstLanes(left)));
  }
  return sumLanes(sum);
}

/** Σ x in 16 lanes, so that four additions are on their way at a time. */
// @ts-ignore: decorator
@inline
export function rowSum(x: usize, width: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let left = width;
  for (; left >= 4 * LANES; left -= 4 * LANES) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    s2 = f32x4.add(s2, v128.load(x, 32));
    s3 = f32x4.add(s3, v128.load(x, 48));
    x += 4 * VECTOR;
  }
  for (; left >= LANES; left -= LANES) {
    s0 = f32x4.add(s0, v128.load(x));
    x += VECTOR;
  }
  if (left > 0) s1 = f32x4.add(s1, loadFirst(x, left));
  return sumLanes(f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3)));
}

/** Σ (x - center)², or Σ x² if not `centered`. */
// @ts-ignore: decorator
@inline
export function rowSquares(centered: bool, x: usize, width: i32, center: f32): f32 {
  const c = f32x4.splat(center);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let left = width;
  for (; left >= 4 * LANES; left -= 4 * LANES) {
    s0 = f32x4.add(s0, squareFrom(centered, v128.load(x), c));
    s1 = f32x4.add(s1, squareFrom(centered, v128.load(x, 16), c));
    s2 = f32x4.add(s2, squareFrom(centered, v128.load(x, 32), c));
    s3 = f32x4.add(s3, squareFrom(centered, v128.load(x, 48), c));
    x += 4 * VECTOR;
  }
  for (; left >= LANES; left -= LANES) {
    s0 = f32x4.add(s0, squareFrom(centered, v128.load(x), c));
    x += VECTOR;
  }
  if (left > 0) s1 = f32x4.add(s1, v128.and(squareFrom(centered, loadFirst(x, left), c), firstLanes(left)));
  return sumLanes(f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3)));
}

// @ts-ignore: decorator
@inline
function squareFrom(centered: bool, x: v128, center: v128): v128 {
  const distance = centered ? f32x4.sub(x, center) : x;
  return f32x4.mul(distance, distance);
}

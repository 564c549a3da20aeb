import { mulAdd } from "../simd";

/**
 * y[j] = Σ_p x[p]·w[j·wRow + p]: four sums of four lanes, so that term p goes to lane p mod 16. From memory
 * one row of w at a time reads as fast as a bare loop of loads does; two to eight rows at once read half as
 * fast.
 *
 *   p       0 … 3 | 4 … 7 | 8 … 11 | 12 … 15 | 16 …
 *   sums     s0      s1      s2       s3        s0
 *
 * In the end (s0 + s2) + (s1 + s3), then lanes 0 + 2 and 1 + 3, then the two.
 */
export function rowTimesMatrix(
  y: usize,
  x: usize,
  w: usize,
  yOffset: i32,
  xOffset: i32,
  wOffset: i32,
  n: i32,
  k: i32,
  wRow: i32,
): void {
  assert(n > 0 && k > 0, "rowTimesMatrix: sizes are positive");
  y += <usize>yOffset << 2;
  x += <usize>xOffset << 2;
  w += <usize>wOffset << 2;
  for (let j = 0; j < n; j++) {
    store<f32>(y, dot(x, w, k));
    y += 4;
    w += <usize>wRow << 2;
  }
}

/** Σ_p x[p]·w[p] in the order above. The last 1 to 3 terms are filled up with zeros, which change no lane. */
// @ts-ignore: decorator
@inline
function dot(x: usize, w: usize, k: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let sixteens = k >> 4; sixteens > 0; sixteens--) {
    s0 = mulAdd(v128.load(x), v128.load(w), s0);
    s1 = mulAdd(v128.load(x, 16), v128.load(w, 16), s1);
    s2 = mulAdd(v128.load(x, 32), v128.load(w, 32), s2);
    s3 = mulAdd(v128.load(x, 48), v128.load(w, 48), s3);
    x += 64;
    w += 64;
  }
  const rest = k & 15;
  if (rest > 0) s0 = mulAdd(firstLanes(x, rest), firstLanes(w, rest), s0);
  if (rest > 4) s1 = mulAdd(firstLanes(x + 16, rest - 4), firstLanes(w + 16, rest - 4), s1);
  if (rest > 8) s2 = mulAdd(firstLanes(x + 32, rest - 8), firstLanes(w + 32, rest - 8), s2);
  if (rest > 12) s3 = mulAdd(firstLanes(x + 48, rest - 12), firstLanes(w + 48, rest - 12), s3);
  const fours = f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3));
  const pairs = f32x4.add(fours, v128.shuffle<f32>(fours, fours, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Up to four elements from x, zeros in the other lanes. */
export function firstLanes(x: usize, count: i32): v128 {
  if (count >= 4) return v128.load(x);
  if (count === 1) return v128.load_zero<u32>(x);
  const two = v128.load_zero<u64>(x);
  return count === 2 ? two : v128.load_lane<u32>(x, two, 2, 8);
}

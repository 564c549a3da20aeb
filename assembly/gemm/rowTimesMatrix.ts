import { mulAdd } from "../simd";

/**
 * y[j] = Σ_p x[p]·w[j·wRow + p]: four sums of four lanes, so that term p goes to lane p mod 16. Row j of the first half of w and of the
 * second are read side by side: from memory two streams far apart are an eighth faster than one, and neighbours half as fast.
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
  const half = n >> 1;
  const below = <usize>half * (<usize>wRow << 2);
  for (let j = 0; j < half; j++) {
    dots(true, y, y + (<usize>half << 2), x, w, w + below, k);
    y += 4;
    w += <usize>wRow << 2;
  }
  if (n & 1) dots(false, y + (<usize>half << 2), 0, x, w + below, 0, k);
}

/** Σ_p x[p]·w[p] in the order above, for two rows or one. */
// @ts-ignore: decorator
@inline
function dots(two: bool, y: usize, z: usize, x: usize, w: usize, v: usize, k: i32): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  for (let sixteens = k >> 4; sixteens > 0; sixteens--) {
    const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
    s0 = mulAdd(v128.load(w), x0, s0);
    if (two) t0 = mulAdd(v128.load(v), x0, t0);
    s1 = mulAdd(v128.load(w, 16), x1, s1);
    if (two) t1 = mulAdd(v128.load(v, 16), x1, t1);
    s2 = mulAdd(v128.load(w, 32), x2, s2);
    if (two) t2 = mulAdd(v128.load(v, 32), x2, t2);
    s3 = mulAdd(v128.load(w, 48), x3, s3);
    if (two) t3 = mulAdd(v128.load(v, 48), x3, t3);
    w += 64;
    if (two) v += 64;
    x += 64;
  }
  store<f32>(y, total(s0, s1, s2, s3, x, w, k & 15));
  if (two) store<f32>(z, total(t0, t1, t2, t3, x, v, k & 15));
}

/** The last `rest` terms, filled up with zeros, which change no lane; then the sum of all lanes. */
function total(s0: v128, s1: v128, s2: v128, s3: v128, x: usize, w: usize, rest: i32): f32 {
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

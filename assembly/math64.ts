/**
 * ln, sin and cos of two doubles at a time, step by step as in src/math.ts and in the same order, so both
 * give the same bits: random normals depend on it. sin and cos of floats use them too, since reducing an
 * angle takes more bits than a float has.
 */

const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const HALF_PI_HIGH: f64 = 1.5707963267341256;
const HALF_PI_MIDDLE: f64 = 6.077100506303966e-11;
const HALF_PI_LOW: f64 = 2.0222662487959506e-21;
const INVERSE_HALF_PI: f64 = 0.6366197723675814;
const TWO_PI: f64 = 6.283185307179586;
const EXACT_REDUCTION: f64 = 1600000;

/** Above the upper word of √2's mantissa, so that src/math.ts and this file cut at the same place. */
const ROOT_TWO_MANTISSA: i64 = 0x6a09effffffff;
const MANTISSA: i64 = 0xfffffffffffff;

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
  return f64x2.splat(x);
}

/** sum·x + c, rounded twice. */
// @ts-ignore: decorator
@inline
function horner(sum: v128, x: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(sum, x), splat(c));
}

/** ln x of positive normal numbers. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const aboveRootTwo = i64x2.gt_s(v128.and(x, i64x2.splat(MANTISSA)), i64x2.splat(ROOT_TWO_MANTISSA));
  // A mask is -1 where it is true.
  const exponent = i64x2.sub(i64x2.sub(i64x2.shr_u(x, 52), i64x2.splat(1023)), aboveRootTwo);
  const k = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(exponent, exponent, 0, 2, 0, 2));
  const f = f64x2.sub(i64x2.sub(x, i64x2.shl(exponent, 52)), splat(1));
  const s = f64x2.div(f, f64x2.add(splat(2), f));
  const tail = artanhTail(f64x2.mul(s, s));
  const lost = f64x2.sub(f64x2.mul(s, f64x2.sub(f, tail)), f64x2.mul(k, splat(LN2_LOW)));
  return f64x2.add(f64x2.mul(k, splat(LN2_HIGH)), f64x2.sub(f, lost));
}

// @ts-ignore: decorator
@inline
function artanhTail(z: v128): v128 {
  let sum = splat(2.0 / 23);
  sum = horner(sum, z, 2.0 / 21);
  sum = horner(sum, z, 2.0 / 19);
  sum = horner(sum, z, 2.0 / 17);
  sum = horner(sum, z, 2.0 / 15);
  sum = horner(sum, z, 2.0 / 13);
  sum = horner(sum, z, 2.0 / 11);
  sum = horner(sum, z, 2.0 / 9);
  sum = horner(sum, z, 2.0 / 7);
  sum = horner(sum, z, 2.0 / 5);
  sum = horner(sum, z, 2.0 / 3);
  return f64x2.mul(sum, z);
}

/** The angle itself, or its remainder by 2π where the exact reduction does not reach. */
// @ts-ignore: decorator
@inline
export function nearAngle(x: v128): v128 {
  if (i64x2.all_true(f64x2.le(f64x2.abs(x), splat(EXACT_REDUCTION)))) return x;
  return f64x2(nearAngleOf(f64x2.extract_lane(x, 0)), nearAngleOf(f64x2.extract_lane(x, 1)));
}

function nearAngleOf(x: f64): f64 {
  return abs<f64>(x) <= EXACT_REDUCTION ? x : x % TWO_PI;
}

/** Sine of near angles. */
// @ts-ignore: decorator
@inline
export function sin(x: v128): v128 {
  const turns = quarterTurns(x);
  return ofQuarter(turns, restOfAngle(x, turns), 0);
}

/** Cosine of near angles. */
// @ts-ignore: decorator
@inline
export function cos(x: v128): v128 {
  const turns = quarterTurns(x);
  return ofQuarter(turns, restOfAngle(x, turns), 1);
}

/**
 * sin(rest + (turns + more)·π/2): an odd number of quarters takes the cosine, two of them change the sign.
 */
// @ts-ignore: decorator
@inline
function ofQuarter(turns: v128, rest: v128, more: i64): v128 {
  const quarter = i64x2.add(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(turns)), i64x2.splat(more));
  const odd = i64x2.neg(v128.and(quarter, i64x2.splat(1)));
  const value = v128.bitselect(cosOfRest(rest), sinOfRest(rest), odd);
  return v128.xor(value, i64x2.shl(i64x2.shr_u(quarter, 1), 63));
}

// @ts-ignore: decorator
@inline
function quarterTurns(x: v128): v128 {
  return f64x2.floor(f64x2.add(f64x2.mul(x, splat(INVERSE_HALF_PI)), splat(0.5)));
}

// @ts-ignore: decorator
@inline
function restOfAngle(x: v128, turns: v128): v128 {
  const first = f64x2.sub(x, f64x2.mul(turns, splat(HALF_PI_HIGH)));
  const middle = f64x2.mul(turns, splat(HALF_PI_MIDDLE));
  const second = f64x2.sub(first, middle);
  const lost = f64x2.sub(f64x2.sub(first, second), middle);
  return f64x2.sub(second, f64x2.sub(f64x2.mul(turns, splat(HALF_PI_LOW)), lost));
}

// @ts-ignore: decorator
@inline
function sinOfRest(r: v128): v128 {
  const z = f64x2.mul(r, r);
  let sum = splat(1.0 / 355687428096000);
  sum = horner(sum, z, -1.0 / 1307674368000);
  sum = horner(sum, z, 1.0 / 6227020800);
  sum = horner(sum, z, -1.0 / 39916800);
  sum = horner(sum, z, 1.0 / 362880);
  sum = horner(sum, z, -1.0 / 5040);
  sum = horner(sum, z, 1.0 / 120);
  sum = horner(sum, z, -1.0 / 6);
  return f64x2.add(r, f64x2.mul(r, f64x2.mul(z, sum)));
}

// @ts-ignore: decorator
@inline
function cosOfRest(r: v128): v128 {
  const z = f64x2.mul(r, r);
  let sum = splat(1.0 / 20922789888000);
  sum = horner(sum, z, -1.0 / 87178291200);
  sum = horner(sum, z, 1.0 / 479001600);
  sum = horner(sum, z, -1.0 / 3628800);
  sum = horner(sum, z, 1.0 / 40320);
  sum = horner(sum, z, -1.0 / 720);
  sum = horner(sum, z, 1.0 / 24);
  const half = f64x2.mul(splat(0.5), z);
  const top = f64x2.sub(splat(1), half);
  const lost = f64x2.sub(f64x2.sub(splat(1), top), half);
  return f64x2.add(top, f64x2.add(lost, f64x2.mul(f64x2.mul(z, z), sum)));
}

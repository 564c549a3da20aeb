/**
 * ln, sin, cos and pow of one double, for what a float's precision does not carry: random normals, angles, powers. log, sin and cos do
 * the steps of src/math.ts in the same order, so both give the same bits.
 */

const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const INVERSE_LN2: f64 = 1.4426950408889634;
const HALF_PI_HIGH: f64 = 1.5707963267341256;
const HALF_PI_MIDDLE: f64 = 6.077100506303966e-11;
const HALF_PI_LOW: f64 = 2.0222662487959506e-21;
const INVERSE_HALF_PI: f64 = 0.6366197723675814;
const TWO_PI: f64 = 6.283185307179586;
const EXACT_REDUCTION: f64 = 1600000;
const TWO_54: f64 = 18014398509481984;

export function log(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  const exponent = exponentOf(x);
  const f = scaleByPowerOfTwo(x, -exponent) - 1;
  const s = f / (2 + f);
  const k = <f64>exponent;
  return k * LN2_HIGH + (f - (s * (f - artanhTail(s * s)) - k * LN2_LOW));
}

export function sin(x: f64): f64 {
  if (x == 0) return x;
  const near = nearAngle(x);
  const turns = quarterTurns(near);
  const rest = restOfAngle(near, turns);
  const quarter = <i32>turns;
  const value = (quarter & 1) == 0 ? sinOfRest(rest) : cosOfRest(rest);
  return (quarter & 2) == 0 ? value : -value;
}

export function cos(x: f64): f64 {
  const near = nearAngle(x);
  const turns = quarterTurns(near);
  const rest = restOfAngle(near, turns);
  const quarter = <i32>turns;
  const value = (quarter & 1) == 0 ? cosOfRest(rest) : sinOfRest(rest);
  return ((quarter + 1) & 2) == 0 ? value : -value;
}

/**
 * xʸ with the special cases of C's pow, exact to far below a float's ulp: in f64 ln x is off by 2⁻⁵³, and |y·ln x| < 128
 * wherever the result is a float. eᵗ of a larger t is out of a float's range.
 */
export function pow(x: f64, y: f64): f64 {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return NaN;
  const size = abs<f64>(x);
  const integral = floor<f64>(y) == y;
  const odd = integral && abs<f64>(y) < TWO_54 && floor<f64>(y * 0.5) * 2 != y;
  if (x < 0 && !integral && size != Infinity) return NaN;
  const value = size == 1 ? 1 : exp(y * log(size));
  return odd ? copysign<f64>(value, x) : value;
}

/** eˣ for results that are to be rounded to floats: infinite above 2¹⁴⁴, 0 below 2⁻²⁸⁸. */
function exp(x: f64): f64 {
  if (x > 100) return Infinity;
  if (x < -200) return 0;
  const k = floor<f64>(x * INVERSE_LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  return scaleByPowerOfTwo(1 + (r + r * r * expTail(r)), <i32>k);
}

/** (eʳ - 1 - r)/r² for |r| ≤ ln(2)/2, to 2⁻⁴³. */
// @ts-ignore: decorator
@inline
function expTail(r: f64): f64 {
  let sum: f64 = 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  return sum * r + 1.0 / 2;
}

// @ts-ignore: decorator
@inline
function artanhTail(z: f64): f64 {
  let sum: f64 = 2.0 / 23;
  sum = sum * z + 2.0 / 21;
  sum = sum * z + 2.0 / 19;
  sum = sum * z + 2.0 / 17;
  sum = sum * z + 2.0 / 15;
  sum = sum * z + 2.0 / 13;
  sum = sum * z + 2.0 / 11;
  sum = sum * z + 2.0 / 9;
  sum = sum * z + 2.0 / 7;
  sum = sum * z + 2.0 / 5;
  sum = sum * z + 2.0 / 3;
  return sum * z;
}

/** The remainder of a division by 2π where the exact reduction does not reach: costly, and never met in practice. */
// @ts-ignore: decorator
@inline
function nearAngle(x: f64): f64 {
  return abs<f64>(x) <= EXACT_REDUCTION ? x : x % TWO_PI;
}

// @ts-ignore: decorator
@inline
function quarterTurns(x: f64): f64 {
  return floor<f64>(x * INVERSE_HALF_PI + 0.5);
}

// @ts-ignore: decorator
@inline
function restOfAngle(x: f64, turns: f64): f64 {
  const first = x - turns * HALF_PI_HIGH;
  const middle = turns * HALF_PI_MIDDLE;
  const second = first - middle;
  return second - (turns * HALF_PI_LOW - (first - second - middle));
}

// @ts-ignore: decorator
@inline
function sinOfRest(r: f64): f64 {
  const z = r * r;
  let sum: f64 = 1.0 / 355687428096000;
  sum = sum * z - 1.0 / 1307674368000;
  sum = sum * z + 1.0 / 6227020800;
  sum = sum * z - 1.0 / 39916800;
  sum = sum * z + 1.0 / 362880;
  sum = sum * z - 1.0 / 5040;
  sum = sum * z + 1.0 / 120;
  sum = sum * z - 1.0 / 6;
  return r + r * (z * sum);
}

// @ts-ignore: decorator
@inline
function cosOfRest(r: f64): f64 {
  const z = r * r;
  let sum: f64 = 1.0 / 20922789888000;
  sum = sum * z - 1.0 / 87178291200;
  sum = sum * z + 1.0 / 479001600;
  sum = sum * z - 1.0 / 3628800;
  sum = sum * z + 1.0 / 40320;
  sum = sum * z - 1.0 / 720;
  sum = sum * z + 1.0 / 24;
  const half = 0.5 * z;
  const top = 1 - half;
  return top + (1 - top - half + z * z * sum);
}

/** The e with x·2⁻ᵉ in [√½, √2), for a positive finite x. */
// @ts-ignore: decorator
@inline
function exponentOf(x: f64): i32 {
  const denormal = x < 2.2250738585072014e-308;
  const high = <i32>(reinterpret<i64>(denormal ? x * TWO_54 : x) >> 32);
  const aboveRootTwo = (high & 0xfffff) > 0x6a09e ? 1 : 0;
  return (high >> 20) - 1023 + aboveRootTwo - (denormal ? 54 : 0);
}

// @ts-ignore: decorator
@inline
function scaleByPowerOfTwo(x: f64, exponent: i32): f64 {
  if (exponent > 1000) return x * powerOfTwo(1000) * powerOfTwo(exponent - 1000);
  if (exponent < -1000) return x * powerOfTwo(-1000) * powerOfTwo(exponent + 1000);
  return x * powerOfTwo(exponent);
}

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i32): f64 {
  return reinterpret<f64>(<i64>(exponent + 1023) << 52);
}

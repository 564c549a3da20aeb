/**
 * xʸ of one pair in double precision, where a float's own is not enough: ln x is off by 2⁻⁵³, and |y·ln x|
 * < 150 wherever the result is a float, so the rounded result is the right float but for ties.
 */

const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const INVERSE_LN2: f64 = 1.4426950408889634;

/** The bits of √½. */
const ROOT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;

/** From here on every double is even. */
const TWO_53: f64 = 9007199254740992;

/** With the special cases of C's pow. */
export function pow(x: f32, y: f32): f32 {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return NaN;
  const size = <f64>abs<f32>(x);
  const exponent = <f64>y;
  const integral = floor<f64>(exponent) == exponent;
  const odd = integral && abs<f64>(exponent) < TWO_53 && floor<f64>(exponent * 0.5) * 2 != exponent;
  if (x < 0 && !integral && size != Infinity) return NaN;
  const value = <f32>(size == 1 ? 1 : exp(exponent * log(size)));
  return odd ? copysign<f32>(value, x) : value;
}

/** A float is a normal double, so x has its exponent where it belongs; m·2ᵏ = x with m in [√½, √2). */
// @ts-ignore: decorator
@inline
function log(x: f64): f64 {
  if (x == 0) return -Infinity;
  if (x == Infinity) return x;
  const exponent = (reinterpret<i64>(x) - ROOT_HALF_BITS) >> 52;
  const f = reinterpret<f64>(reinterpret<i64>(x) - (exponent << 52)) - 1;
  const s = f / (2 + f);
  const k = <f64>exponent;
  return k * LN2_HIGH + (f - (s * (f - artanhTail(s * s)) - k * LN2_LOW));
}

/** eˣ for results that are to be rounded to floats: infinite above 2¹⁴⁴, 0 below 2⁻²⁸⁸. */
// @ts-ignore: decorator
@inline
function exp(x: f64): f64 {
  if (x > 100) return Infinity;
  if (x < -200) return 0;
  const k = floor<f64>(x * INVERSE_LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  return (1 + (r + r * r * expTail(r))) * reinterpret<f64>((<i64>k + 1023) << 52);
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

/**
 * Functions of four floats. Polynomials are minimax fits to the f64 function; bounds in units in the last
 * place (ulp), checked by tests/kernels/accuracy.test.ts. NaN gives NaN. Results below 2⁻¹²⁶ may be 0.
 */
import { select } from "./lanes";

const LN2: f32 = 0.6931471805599453;
const INVERSE_LN2: f32 = 1.4426950408889634;

/** ln 2 = LN2_HIGH + LN2_LOW; the high part has 16 bits, so its product with an exponent is exact. */
const LN2_HIGH: f32 = 0.693145751953125;
const LN2_LOW: f32 = 1.428606765330187e-6;

/** The largest float whose exponential is one, and ln(2⁻¹²⁶). */
const EXP_OVERFLOW: f32 = 88.72283172607422;
const EXP_UNDERFLOW: f32 = -87.33654022216797;

/**
 * 1.5·2²³: a float near it has no bits for fractions, so adding it rounds, and the integer stands in the
 * lowest bits.
 */
const ROUNDER: f32 = 12582912;

const ROOT_TWO: f32 = 1.4142135623730951;

/** The bits of √½. */
const ROOT_HALF_BITS: i32 = 0x3f3504f3;

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** sum·x + c, rounded twice: a step of Horner's rule. */
// @ts-ignore: decorator
@inline
function horner(sum: v128, x: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(sum, x), splat(c));
}

/** k + ROUNDER for the integer k nearest to x/ln 2. */
// @ts-ignore: decorator
@inline
function shiftedQuotient(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, splat(INVERSE_LN2)), splat(ROUNDER));
}

/** The rest of x when the integer in `shifted` times ln 2 is taken off, |r| ≤ ln(2)/2. */
// @ts-ignore: decorator
@inline
function restOf(x: v128, shifted: v128): v128 {
  const k = f32x4.sub(shifted, splat(ROUNDER));
  const high = f32x4.sub(x, f32x4.mul(k, splat(LN2_HIGH)));
  return f32x4.sub(high, f32x4.mul(k, splat(LN2_LOW)));
}

/** eʳ, from a polynomial of degree 6 to 2⁻²⁸. */
// @ts-ignore: decorator
@inline
function expOfRest(r: v128): v128 {
  let tail = splat(0.0013814433477818966);
  tail = horner(tail, r, 0.008368796668946743);
  tail = horner(tail, r, 0.041668396443128586);
  tail = horner(tail, r, 0.1666651964187622);
  tail = horner(tail, r, 0.4999999403953552);
  return f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), tail), r), splat(1));
}

/**
 * eʳ·2ᵏ for -127 ≤ k ≤ 127. 2ᵏ is made by moving the integer k, biased by 127, into an exponent; k = -127
 * makes 0. It is multiplied, not added to the exponent of eʳ, so that NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
function scaledPower(r: v128, shifted: v128): v128 {
  return f32x4.mul(expOfRest(r), i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23)));
}

/** eˣ within 1 ulp for -88 ≤ x ≤ 88. */
// @ts-ignore: decorator
@inline
function expInRange(x: v128): v128 {
  const shifted = shiftedQuotient(x);
  return scaledPower(restOf(x, shifted), shifted);
}

/** eˣ for x ≤ 88, within 1 ulp; 0 below 2⁻¹²⁶·⁵. */
// @ts-ignore: decorator
@inline
export function expUpTo88(x: v128): v128 {
  return expInRange(f32x4.pmax(x, splat(-88)));
}

/**
 * eˣ, within 1 ulp; 0 below 2⁻¹²⁶. Here k = 128 must not make 2ᵏ an infinity, so k is added to the exponent
 * of eʳ.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const shifted = shiftedQuotient(x);
  const y = i32x4.add(expOfRest(restOf(x, shifted)), i32x4.shl(shifted, 23));
  const positive = v128.andnot(y, f32x4.lt(x, splat(EXP_UNDERFLOW)));
  return select(f32x4.le(x, splat(EXP_OVERFLOW)), positive, f32x4.add(x, splat(Infinity)));
}

/** ln x, within 1 ulp. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const denormal = f32x4.lt(x, splat(1.1754943508222875e-38));
  const normal = select(denormal, f32x4.mul(x, splat(8388608)), x);
  const exponent = i32x4.shr_s(i32x4.sub(normal, i32x4.splat(ROOT_HALF_BITS)), 23);
  // m·2ᵏ = x with m in [√½, √2); f = m - 1.
  const f = f32x4.sub(i32x4.sub(normal, i32x4.shl(exponent, 23)), splat(1));
  const k = f32x4.convert_i32x4_s(i32x4.sub(exponent, v128.and(denormal, i32x4.splat(23))));
  const s = f32x4.div(f, f32x4.add(f, splat(2)));
  const z = f32x4.mul(s, s);
  // 2·artanh s = 2s + s·tail = f - s·(f - tail), tail = 2z/3 + 2z²/5 + …
  let tail = splat(0.29872313141822815);
  tail = horner(tail, z, 0.3997752070426941);
  tail = f32x4.mul(horner(tail, z, 0.6666677594184875), z);
  const lost = f32x4.sub(f32x4.mul(s, f32x4.sub(f, tail)), f32x4.mul(k, splat(LN2_LOW)));
  const y = f32x4.add(f32x4.mul(k, splat(LN2_HIGH)), f32x4.sub(f, lost));
  const ordinary = v128.and(f32x4.gt(x, splat(0)), f32x4.lt(x, splat(Infinity)));
  const negative = select(f32x4.lt(x, splat(0)), splat(NaN), x);
  return select(ordinary, y, select(f32x4.eq(x, splat(0)), splat(-Infinity), negative));
}

/** ln(1 + u) for 0 ≤ u ≤ 1, within 3 ulp: 2·artanh(u/(2 + u)) needs no exponent. */
// @ts-ignore: decorator
@inline
export function logOnePlus(u: v128): v128 {
  const s = f32x4.div(u, f32x4.add(u, splat(2)));
  const z = f32x4.mul(s, s);
  let tail = splat(0.24300938844680786);
  tail = horner(tail, z, 0.21427656710147858);
  tail = horner(tail, z, 0.2861688435077667);
  tail = horner(tail, z, 0.3999887704849243);
  tail = f32x4.mul(horner(tail, z, 0.6666667461395264), z);
  return f32x4.sub(u, f32x4.mul(s, f32x4.sub(u, tail)));
}

/** 1/(1 + e⁻ˣ), within 3 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp(f32x4.neg(x))));
}

/** Within 2 ulp: a polynomial where |x| < 0.625, else 1 - 2/(e^2|x| + 1). */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let tail = splat(-0.005717043299227953);
  tail = horner(tail, z, 0.020650586113333702);
  tail = horner(tail, z, -0.05374349653720856);
  tail = horner(tail, z, 0.13331490755081177);
  tail = f32x4.mul(horner(tail, z, -0.3333328366279602), z);
  const small = f32x4.add(size, f32x4.mul(size, tail));
  // From 10 on the result is 1 anyway; the clamp spares expInRange its overflow.
  const grown = expInRange(f32x4.pmin(f32x4.add(size, size), splat(20)));
  const large = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(grown, splat(1))));
  return withSignOf(x, select(f32x4.lt(size, splat(0.625)), small, large));
}

/**
 * e^(-a²/2) for |a| ≤ 13. One step reduces the exponent z, which leaves a relative error of z·2⁻²⁵: nothing
 * against 1.
 */
// @ts-ignore: decorator
@inline
export function gaussian(a: v128): v128 {
  const x = f32x4.mul(f32x4.mul(a, a), splat(-0.5));
  const shifted = shiftedQuotient(x);
  const k = f32x4.sub(shifted, splat(ROUNDER));
  return scaledPower(f32x4.sub(x, f32x4.mul(k, splat(LN2))), shifted);
}

/**
 * Φ(-a)/e^(-a²/2) for 0 ≤ a ≤ 13: a quotient whose coefficients are all positive, so nothing cancels.
 * Fitted so that a·Φ(-a) is off by less than 2⁻²⁷, and no value relatively by more than 2⁻¹⁸.
 */
// @ts-ignore: decorator
@inline
export function scaledNormalTail(a: v128): v128 {
  let p = splat(0.013367574432787148);
  p = horner(p, a, 0.10364662785510702);
  p = horner(p, a, 0.3338835459751676);
  p = horner(p, a, 0.4999999934702948);
  let q = splat(0.033521964119985787);
  q = horner(q, a, 0.2593325414823625);
  q = horner(q, a, 0.8767269222263337);
  q = horner(q, a, 1.4656505800058852);
  q = horner(q, a, 1);
  return f32x4.div(p, q);
}

/** Within 3 ulp: a polynomial where |x| < 0.75, else 1 - 2·Φ(-√2|x|). */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let series = splat(-0.0006761096883565187);
  series = horner(series, z, 0.00511598214507103);
  series = horner(series, z, -0.026835434138774872);
  series = horner(series, z, 0.11283393204212189);
  series = horner(series, z, -0.3761261999607086);
  series = horner(series, z, 0.12837916612625122);
  const small = f32x4.add(x, f32x4.mul(x, series));
  const size = f32x4.abs(x);
  const a = f32x4.mul(f32x4.pmin(size, splat(9)), splat(ROOT_TWO));
  const tail = f32x4.mul(gaussian(a), scaledNormalTail(a));
  const large = withSignOf(x, f32x4.sub(splat(1), f32x4.add(tail, tail)));
  return select(f32x4.lt(size, splat(0.75)), small, large);
}

/** x inside [-limit, limit]; NaN stays. */
// @ts-ignore: decorator
@inline
export function clamp(x: v128, limit: f32): v128 {
  return f32x4.pmin(f32x4.pmax(x, splat(-limit)), splat(limit));
}

/** The non-negative `size` with the sign bit of x. */
// @ts-ignore: decorator
@inline
export function withSignOf(x: v128, size: v128): v128 {
  return v128.or(size, v128.and(x, splat(-0.0)));
}

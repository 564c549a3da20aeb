/**
 * exp, log, sin, cos, tanh and pow of doubles, made of + - · / and exact scalings by powers of two only,
 * which IEEE 754 defines to the last bit. So they give the same bits on every engine, which `Math.exp` and
 * its kin do not. Math.sqrt, floor and abs are exact everywhere.
 *
 * Error bounds are in units in the last place (ulp) of the result and hold over the whole domain unless a
 * function says otherwise. assembly/math64.ts does the same steps in the same order.
 */

/** ln 2 = LN2_HIGH + LN2_LOW; the high part has 32 bits, so its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * π/2 in three parts, the first two of 33 bits each: their products with integers below 2²⁰ are exact (Cody
 * & Waite 1980).
 */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_MIDDLE = 6.077100506303966e-11;
const HALF_PI_LOW = 2.0222662487959506e-21;
const INVERSE_HALF_PI = 0.6366197723675814;
const TWO_PI = 6.283185307179586;

/** Up to here the number of quarter turns stays below 2²⁰. */
const EXACT_REDUCTION = 1_600_000;

const TWO_54 = 18014398509481984;

/** The two halves of a double, to take exponents apart and to put them together. */
const word = new DataView(new ArrayBuffer(8));

/** eˣ. At most 1 ulp, below 2⁻¹⁰²² half a denormal more. */
export function exp(x: number): number {
  return expOfSum(x, 0);
}

/** ln x. At most 1 ulp. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  const exponent = exponentOf(x);
  const f = scaleByPowerOfTwo(x, -exponent) - 1;
  const s = f / (2 + f);
  // ln(1+f) = 2 artanh s = 2s + s·tail, and 2s = f - s·f.
  return exponent * LN2_HIGH + (f - (s * (f - artanhTail(s * s)) - exponent * LN2_LOW));
}

/** At most 1 ulp for |x| ≤ 1.6·10⁶; beyond, the exact sine of some number within |x|·2⁻⁵² of x. */
export function sin(x: number): number {
  if (x === 0) return x;
  const { quarter, rest } = reduceAngle(x);
  const value = (quarter & 1) === 0 ? sinOfRest(rest) : cosOfRest(rest);
  return (quarter & 2) === 0 ? value : -value;
}

/** At most 1 ulp for |x| ≤ 1.6·10⁶; beyond, the exact cosine of some number within |x|·2⁻⁵² of x. */
export function cos(x: number): number {
  const { quarter, rest } = reduceAngle(x);
  const value = (quarter & 1) === 0 ? cosOfRest(rest) : sinOfRest(rest);
  return ((quarter + 1) & 2) === 0 ? value : -value;
}

/** At most 3 ulp. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size > 22) return x < 0 ? -1 : 1;
  // tanh a = (e²ᵃ - 1)/(e²ᵃ + 1)
  const grown = expMinusOne(2 * size);
  const value = grown / (grown + 2);
  return x < 0 || Object.is(x, -0) ? -value : value;
}

/** xʸ with the special cases of C's pow. At most 2 ulp up to |y·ln x| = 100, 6 ulp beyond. */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const size = Math.abs(x);
  const integral = Math.floor(y) === y;
  const odd = integral && Math.abs(y) < 2 * TWO_54 && Math.floor(y / 2) !== y / 2;
  if (x < 0 && !integral && size !== Infinity) return Number.NaN;
  const negative = odd && (x < 0 || Object.is(x, -0));
  const value = powOfPositive(size, y);
  return negative ? -value : value;
}

function powOfPositive(x: number, y: number): number {
  if (x === 1) return 1;
  if (x === 0 || x === Infinity || Math.abs(y) > 2 ** 65) return x > 1 === y > 0 ? Infinity : 0;
  const exponent = exponentOf(x);
  const { high, low } = logInTwoParts(scaleByPowerOfTwo(x, -exponent), exponent);
  const product = y * high;
  if (Math.abs(product) > 800) return product > 0 ? Infinity : 0;
  return expOfSum(product, productError(y, high, product) + y * low);
}

/**
 * e^(high + low), |low| far below |high|: ln 2 is taken out k times, the rest goes into a Taylor series of
 * 13 terms.
 */
function expOfSum(high: number, low: number): number {
  if (!(Math.abs(high) <= 800)) return Number.isNaN(high) ? high : high > 0 ? Infinity : 0;
  const k = Math.floor(high * Math.LOG2E + 0.5);
  const r = high - k * LN2_HIGH - (k * LN2_LOW - low);
  const half = Math.floor(k / 2);
  return scaleByPowerOfTwo(scaleByPowerOfTwo(1 + (r + r * r * expTail(r)), half), k - half);
}

/** eˣ - 1 for 0 ≤ x ≤ 44, exact near 0 too. */
function expMinusOne(x: number): number {
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const scale = scaleByPowerOfTwo(1, k);
  return scale * (r + r * r * expTail(r)) + (scale - 1);
}

/** (eʳ - 1 - r)/r² for |r| ≤ ln(2)/2, to 2⁻⁵⁷. */
function expTail(r: number): number {
  let sum = 1 / 6227020800;
  sum = sum * r + 1 / 479001600;
  sum = sum * r + 1 / 39916800;
  sum = sum * r + 1 / 3628800;
  sum = sum * r + 1 / 362880;
  sum = sum * r + 1 / 40320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  return sum * r + 1 / 2;
}

/** (2·artanh s - 2s)/s as a function of z = s², for z ≤ (3 - 2√2)² = 0.0294…: 2z/3 + 2z²/5 + … */
function artanhTail(z: number): number {
  let sum = 2 / 23;
  sum = sum * z + 2 / 21;
  sum = sum * z + 2 / 19;
  sum = sum * z + 2 / 17;
  sum = sum * z + 2 / 15;
  sum = sum * z + 2 / 13;
  sum = sum * z + 2 / 11;
  sum = sum * z + 2 / 9;
  sum = sum * z + 2 / 7;
  sum = sum * z + 2 / 5;
  sum = sum * z + 2 / 3;
  return sum * z;
}

/**
 * ln(m·2^exponent) as an unevaluated sum of about 60 bits, m in [√½, √2). Only the leading 2s of the series
 * needs two parts.
 */
function logInTwoParts(m: number, exponent: number): { high: number; low: number } {
  const f = m - 1;
  const d = 2 + f;
  const dLow = f - (d - 2);
  const s = f / d;
  const product = s * d;
  const sLow = (f - product - productError(s, d, product) - s * dLow) / d;
  const leading = exponent * LN2_HIGH;
  const sum = leading + 2 * s;
  // The larger of the two addends is subtracted first, so the error of the sum is exact (Dekker 1971).
  const sumError = exponent === 0 ? 0 : leading - sum + 2 * s;
  const low = sumError + (2 * sLow + (s * artanhTail(s * s) + exponent * LN2_LOW));
  const high = sum + low;
  return { high, low: sum - high + low };
}

/** a·b - product, exactly, by splitting both factors in halves of 26 bits (Veltkamp 1968, Dekker 1971). */
function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

function upperHalf(a: number): number {
  const shifted = a * 134217729;
  return shifted - (shifted - a);
}

/** x = quarter·π/2 + rest with |rest| ≤ π/4; of quarter only the last two bits mean anything. */
function reduceAngle(x: number): { quarter: number; rest: number } {
  const near = Math.abs(x) <= EXACT_REDUCTION ? x : x % TWO_PI;
  const quarter = Math.floor(near * INVERSE_HALF_PI + 0.5);
  const first = near - quarter * HALF_PI_HIGH;
  const middle = quarter * HALF_PI_MIDDLE;
  const second = first - middle;
  return { quarter, rest: second - (quarter * HALF_PI_LOW - (first - second - middle)) };
}

/** sin r for |r| ≤ π/4, Taylor's series to r¹⁷. */
function sinOfRest(r: number): number {
  const z = r * r;
  let sum = 1 / 355687428096000;
  sum = sum * z - 1 / 1307674368000;
  sum = sum * z + 1 / 6227020800;
  sum = sum * z - 1 / 39916800;
  sum = sum * z + 1 / 362880;
  sum = sum * z - 1 / 5040;
  sum = sum * z + 1 / 120;
  sum = sum * z - 1 / 6;
  return r + r * (z * sum);
}

/** cos r for |r| ≤ π/4, Taylor's series to r¹⁶; what rounding 1 - r²/2 loses is added again. */
function cosOfRest(r: number): number {
  const z = r * r;
  let sum = 1 / 20922789888000;
  sum = sum * z - 1 / 87178291200;
  sum = sum * z + 1 / 479001600;
  sum = sum * z - 1 / 3628800;
  sum = sum * z + 1 / 40320;
  sum = sum * z - 1 / 720;
  sum = sum * z + 1 / 24;
  const half = 0.5 * z;
  const top = 1 - half;
  return top + (1 - top - half + z * z * sum);
}

/** The e with x·2⁻ᵉ in [√½, √2), for a positive finite x. */
function exponentOf(x: number): number {
  const denormal = x < 2.2250738585072014e-308;
  word.setFloat64(0, denormal ? x * TWO_54 : x);
  const high = word.getInt32(0);
  const aboveRootTwo = (high & 0xfffff) > 0x6a09e ? 1 : 0;
  return (high >> 20) - 1023 + aboveRootTwo - (denormal ? 54 : 0);
}

/** x·2ᵉ in steps that a double can hold. */
function scaleByPowerOfTwo(x: number, exponent: number): number {
  if (exponent > 1000) return x * powerOfTwo(1000) * powerOfTwo(exponent - 1000);
  if (exponent < -1000) return x * powerOfTwo(-1000) * powerOfTwo(exponent + 1000);
  return x * powerOfTwo(exponent);
}

function powerOfTwo(exponent: number): number {
  word.setInt32(0, (exponent + 1023) << 20);
  word.setInt32(4, 0);
  return word.getFloat64(0);
}

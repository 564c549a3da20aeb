/**
 * Weights of 8 bits: row j of a matrix is scale[j] times whole numbers from -127 to 127, four to a slot, the
 * first in the lowest byte; a row begins with a slot of its own.
 *
 * A row of x enters the product as whole numbers too, of 28 bits in two parts, so all that is summed is exact
 * and no order of it can change a bit:
 *
 *   x·8191/max|x| ≈ high + low/2¹⁴        |high|, |low| ≤ 2¹³
 *   y[j] = scale[j]·max|x|/8191·(Σ high·code + Σ low·code/2¹⁴)
 */
import { slot, VECTOR } from "./lanes";

const LARGEST_CODE: f32 = 127;
const LARGEST_PART: f32 = 8191;
const LOW_PARTS: f32 = 16384;

/** Terms after which lanes of 32 bits must be emptied: a lane takes two products below 127·2¹³ for each sixteen. */
const TERMS_OF_A_SUM: i32 = 16384;

/** Slots of a row of codes. */
// @ts-ignore: decorator
@inline
function slotsOf(width: i32): i32 {
  return (width + 3) >> 2;
}

export function quantizeRows(codes: usize, scales: usize, x: usize, rows: i32, width: i32): void {
  for (let r = 0; r < rows; r++) {
    const largest = largestOf(x, width);
    const steps: f32 = largest > 0 ? LARGEST_CODE / largest : 0;
    store<f32>(slot(scales, r), largest / LARGEST_CODE);
    memory.fill(codes, 0, <usize>slotsOf(width) << 2);
    for (let i = 0; i < width; i++) {
      const code = nearest<f32>(load<f32>(slot(x, i)) * steps);
      store<i8>(codes + i, <i8>min<f32>(max<f32>(code, -LARGEST_CODE), LARGEST_CODE));
    }
    codes = slot(codes, slotsOf(width));
    x = slot(x, width);
  }
}

export function dequantizeRows(y: usize, codes: usize, scales: usize, rows: i32, width: i32): void {
  for (let r = 0; r < rows; r++) {
    const scale = load<f32>(slot(scales, r));
    const scaleVector = f32x4.splat(scale);
    let i = 0;
    for (const body = width & ~3; i < body; i += 4) {
      const pairs = i16x8.extend_low_i8x16_s(v128.load32_zero(codes + i));
      const floats = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(pairs));
      v128.store(slot(y, i), f32x4.mul(floats, scaleVector));
    }
    for (; i < width; i++) store<f32>(slot(y, i), <f32>load<i8>(codes + i) * scale);
    codes = slot(codes, slotsOf(width));
    y = slot(y, width);
  }
}

/** scratch: `width` slots and 16 more. */
export function rowsTimesQuantized(
  y: usize, x: usize, codes: usize, scales: usize, scratch: usize, rows: i32, outputs: i32, width: i32,
): void {
  const padded = (width + 15) & ~15;
  const low = scratch + (<usize>padded << 1);
  for (let r = 0; r < rows; r++) {
    const largest = largestOf(x, width);
    const steps: f32 = largest > 0 ? LARGEST_PART / largest : 0;
    splitRow(scratch, low, x, width, padded, steps);
    // Of a row that is not finite nothing can be known.
    const unit: f64 = largest < Infinity ? (largest > 0 ? 1 / <f64>steps : 0) : NaN;
    let row = codes;
    for (let j = 0; j < outputs; j++) {
      const sum = dot(row, scratch, low, width);
      store<f32>(slot(y, j), <f32>(<f64>load<f32>(slot(scales, j)) * unit * sum));
      row = slot(row, slotsOf(width));
    }
    x = slot(x, width);
    y = slot(y, outputs);
  }
}

/** max |x|, NaN if one is. */
function largestOf(x: usize, width: i32): f32 {
  let largest: f32 = 0;
  for (let i = 0; i < width; i++) largest = max<f32>(largest, abs<f32>(load<f32>(slot(x, i))));
  return largest;
}

/** The two parts of x·steps as i16, zeros up to `padded`. */
function splitRow(high: usize, low: usize, x: usize, width: i32, padded: i32, steps: f32): void {
  for (let i = 0; i < padded; i++) {
    const value: f32 = i < width ? load<f32>(slot(x, i)) * steps : 0;
    const whole = nearest<f32>(value);
    store<i16>(high + (<usize>i << 1), <i16>whole);
    store<i16>(low + (<usize>i << 1), <i16>nearest<f32>((value - whole) * LOW_PARTS));
  }
}

/** Σ (high + low/2¹⁴)·code. */
// @ts-ignore: decorator
@inline
function dot(codes: usize, high: usize, low: usize, width: i32): f64 {
  let sum: f64 = 0;
  for (let left = width; left > 0; left -= TERMS_OF_A_SUM) {
    let h0 = i32x4.splat(0), h1 = h0, l0 = h0, l1 = h0;
    for (let sixteens = min(left, TERMS_OF_A_SUM) >> 4; sixteens > 0; sixteens--) {
      const c0 = v128.load_ext<i8>(codes);
      const c1 = v128.load_ext<i8>(codes, 8);
      h0 = i32x4.add(h0, i32x4.dot_i16x8_s(c0, v128.load(high)));
      h1 = i32x4.add(h1, i32x4.dot_i16x8_s(c1, v128.load(high, 16)));
      l0 = i32x4.add(l0, i32x4.dot_i16x8_s(c0, v128.load(low)));
      l1 = i32x4.add(l1, i32x4.dot_i16x8_s(c1, v128.load(low, 16)));
      codes += VECTOR;
      high += 2 * VECTOR;
      low += 2 * VECTOR;
    }
    sum += lanesOf(h0) + lanesOf(h1) + (lanesOf(l0) + lanesOf(l1)) / <f64>LOW_PARTS;
  }
  for (let rest = width & 15; rest > 0; rest--) {
    const parts = <f64>load<i16>(high) + <f64>load<i16>(low) / <f64>LOW_PARTS;
    sum += parts * <f64>load<i8>(codes);
    codes++;
    high += 2;
    low += 2;
  }
  return sum;
}

/** The sum of four lanes, which may be larger than one of them can hold. */
// @ts-ignore: decorator
@inline
function lanesOf(x: v128): f64 {
  const halves = i64x2.add(i64x2.extend_low_i32x4_s(x), i64x2.extend_high_i32x4_s(x));
  return <f64>(i64x2.extract_lane(halves, 0) + i64x2.extract_lane(halves, 1));
}

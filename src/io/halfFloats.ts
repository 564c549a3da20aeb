/**
 * The two 16-bit floats of files, between their bits and f32. Every f16 and bf16 is an f32 exactly; the way
 * back rounds to nearest, ties to even (IEEE 754-2019, section 4.3.1). NaN stays NaN with the bits of its
 * payload that fit.
 *
 *   f32    s eeeeeeee mmmmmmmmmmmmmmmmmmmmmmm   exponent bias 127
 *   bf16   s eeeeeeee mmmmmmm                   the upper half of an f32
 *   f16    s eeeee mmmmmmmmmm                   bias 15; below 2^-14 steps of 2^-24
 *
 * The loops move bits, not numbers: an engine may change a NaN's payload when it passes through a number.
 */
import type { NamedArray } from "./namedArrays.ts";

/** From an f16's exponent to an f32's: (127 - 15) in the place of the f32 exponent. */
const REBIAS = 112 << 23;
const F16_STEP = 2 ** -24;
const F32_INFINITY = 0x7f800000;

const bitsOf = (floats: Float32Array) => new Uint32Array(floats.buffer, floats.byteOffset, floats.length);

/** Writes the value of each f16 in `halves` to `floats`, which is as long. */
export function f32FromF16(floats: Float32Array, halves: Uint16Array): void {
  const bits = bitsOf(floats);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = half & 0x7c00;
    const sign = (half & 0x8000) << 16;
    if (exponent === 0) {
      floats[i] = (half & 0x3ff) * F16_STEP;
      bits[i] = bits[i]! | sign;
    } else {
      const extra = exponent === 0x7c00 ? REBIAS : 0;
      bits[i] = sign | (((half & 0x7fff) << 13) + REBIAS + extra);
    }
  }
}

/** Writes the value of each bf16 in `halves` to `floats`, which is as long. */
export function f32FromBf16(floats: Float32Array, halves: Uint16Array): void {
  const bits = bitsOf(floats);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
}

/** The value of one f16, exactly. */
export function f16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * F16_STEP;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (mantissa + 1024) * (exponent < 25 ? 1 / (1 << (25 - exponent)) : 1 << (exponent - 25));
}

/** The f16 nearest to each float; past 65,519.99… infinity. */
export function f16FromF32(floats: Float32Array): Uint16Array {
  const bits = bitsOf(floats);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = f16Bits(bits[i]!);
  return halves;
}

/** The bf16 nearest to each float. */
export function bf16FromF32(floats: Float32Array): Uint16Array {
  const bits = bitsOf(floats);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = bf16Bits(bits[i]!);
  return halves;
}

function bf16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > F32_INFINITY) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function f16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > F32_INFINITY) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // 65,520 lies halfway between the largest f16 and what would be 2^16, whose mantissa is even.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // From 2^-14 on: a carry out of the mantissa raises the exponent, as it should.
  if (magnitude >= 0x38800000) return sign | ((magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Half a step, 2^-25, and less are nearest to zero.
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const steps = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (rest > half || (rest === half && (steps & 1) === 1) ? steps + 1 : steps);
}

/** The types whose elements are real numbers. */
export type FloatType = "f32" | "f64" | "f16" | "bf16";

export const isFloatType = (type: string): type is FloatType =>
  type === "f32" || type === "f64" || type === "f16" || type === "bf16";

/** Writes an array of floats, of any width, to `floats`, which is as long; an f64 is rounded where that is f32. */
export function copyFloats(
  floats: Float32Array | Float64Array,
  array: NamedArray & { dtype: FloatType },
): void {
  if (array.dtype === "f32" || array.dtype === "f64") {
    floats.set(array.data);
    return;
  }
  const widen = array.dtype === "f16" ? f32FromF16 : f32FromBf16;
  if (floats instanceof Float32Array) widen(floats, array.data);
  else {
    const wide = new Float32Array(array.data.length);
    widen(wide, array.data);
    floats.set(wide);
  }
}

/** An array of floats as the type that a file shall hold. */
export function floatsAs(
  type: FloatType,
  shape: readonly number[],
  floats: Float32Array | Float64Array,
): NamedArray {
  if (type === "f64") return { dtype: type, shape, data: Float64Array.from(floats) };
  const data = floats instanceof Float32Array ? floats : Float32Array.from(floats);
  if (type === "f32") return { dtype: type, shape, data };
  return { dtype: type, shape, data: type === "f16" ? f16FromF32(data) : bf16FromF32(data) };
}

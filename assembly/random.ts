/**
 * Philox 4x32-10 (Salmon et al. 2011), four blocks of four words at a time: element i takes word i mod 4 of
 * block ⌊i/4⌋.
 */
import { loadUpTo, select, slot, storeUpTo, VECTOR } from "./lanes";
import * as math64 from "./math64";

const MULTIPLIER0: i32 = 0xd2511f53;
const MULTIPLIER1: i32 = 0xcd9e8d57;
const WEYL0: i32 = 0x9e3779b9;
const WEYL1: i32 = 0xbb67ae85;
const ROUNDS: i32 = 10;

const TWO_PI: f64 = 6.283185307179586;

/** 2⁻²⁴, the step of a uniform number. */
const STEP: f64 = 1.0 / 16777216;

const enum Draw {
  uniform,
  normal,
  dropout,
}

/** y = low + u·(high - low). */
export function randomUniform(
  y: usize, size: i32, first: i32, key0: i32, key1: i32, low: f32, high: f32,
): void {
  draw(Draw.uniform, y, y, size, first, key0, key1, f32x4.splat(low), f32x4.splat(high - low));
}

export function randomNormal(
  y: usize, size: i32, first: i32, key0: i32, key1: i32, mean: f64, deviation: f64,
): void {
  draw(Draw.normal, y, y, size, first, key0, key1, f64x2.splat(mean), f64x2.splat(deviation));
}

/** u < rate compares k·2⁻²⁴ with a double: so do k and the next integer above rate·2²⁴. */
export function dropout(
  y: usize, x: usize, size: i32, first: i32, key0: i32, key1: i32, rate: f64,
): void {
  const dropped = i32x4.splat(<i32>ceil<f64>(rate / STEP));
  draw(Draw.dropout, y, x, size, first, key0, key1, dropped, f32x4.splat(<f32>(1 / (1 - rate))));
}

/** `a` and `b` are what `finish` needs for its kind. */
// @ts-ignore: decorator
@inline
function draw(
  kind: Draw, y: usize, x: usize, size: i32, first: i32, key0: i32, key1: i32, a: v128, b: v128,
): void {
  let block = i32x4.add(i32x4.splat(first >> 2), i32x4(0, 1, 2, 3));
  for (let left = size; left > 0; left -= 16) {
    let c0 = block;
    let c1 = i32x4.splat(0);
    let c2 = c1;
    let c3 = c1;
    let k0 = i32x4.splat(key0);
    let k1 = i32x4.splat(key1);
    for (let round = 0; round < ROUNDS; round++) {
      const low0 = i64x2.extmul_low_i32x4_u(c0, i32x4.splat(MULTIPLIER0));
      const high0 = i64x2.extmul_high_i32x4_u(c0, i32x4.splat(MULTIPLIER0));
      const low2 = i64x2.extmul_low_i32x4_u(c2, i32x4.splat(MULTIPLIER1));
      const high2 = i64x2.extmul_high_i32x4_u(c2, i32x4.splat(MULTIPLIER1));
      c0 = v128.xor(v128.xor(upperWords(low2, high2), c1), k0);
      c2 = v128.xor(v128.xor(upperWords(low0, high0), c3), k1);
      c1 = lowerWords(low2, high2);
      c3 = lowerWords(low0, high0);
      k0 = i32x4.add(k0, i32x4.splat(WEYL0));
      k1 = i32x4.add(k1, i32x4.splat(WEYL1));
    }
    // Word w of the four blocks stands in c_w; the elements want the four words of a block side by side.
    const c01Low = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
    const c01High = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const c23Low = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const c23High = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    finish(kind, y, x, v128.shuffle<i32>(c01Low, c23Low, 0, 1, 4, 5), left, a, b);
    finish(kind, y + 16, x + 16, v128.shuffle<i32>(c01Low, c23Low, 2, 3, 6, 7), left - 4, a, b);
    finish(kind, y + 32, x + 32, v128.shuffle<i32>(c01High, c23High, 0, 1, 4, 5), left - 8, a, b);
    finish(kind, y + 48, x + 48, v128.shuffle<i32>(c01High, c23High, 2, 3, 6, 7), left - 12, a, b);
    block = i32x4.add(block, i32x4.splat(4));
    y += 4 * VECTOR;
    x += 4 * VECTOR;
  }
}

// @ts-ignore: decorator
@inline
function upperWords(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function lowerWords(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** Makes the words of a block four elements, as far as there are any left. */
// @ts-ignore: decorator
@inline
function finish(kind: Draw, y: usize, x: usize, words: v128, left: i32, a: v128, b: v128): void {
  if (left <= 0) return;
  const bits = i32x4.shr_u(words, 8);
  if (kind == Draw.uniform) {
    const u = f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(<f32>STEP));
    storeUpTo(y, f32x4.add(a, f32x4.mul(u, b)), left);
  } else if (kind == Draw.normal) {
    storeUpTo(y, normals(bits, a, b), left);
  } else {
    const kept = f32x4.mul(loadUpTo(x, left), b);
    storeUpTo(y, select(i32x4.lt_s(bits, a), f32x4.splat(0), kept), left);
  }
}

/**
 * Box & Muller 1958: the pairs (bits 0, bits 1) and (bits 2, bits 3) each give r·cos φ and r·sin φ. Not inlined: four copies of three
 * polynomials in doubles would be a tenth of the module.
 */
function normals(bits: v128, mean: v128, deviation: v128): v128 {
  const first = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(bits, bits, 0, 2, 0, 2));
  const second = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(bits, bits, 1, 3, 1, 3));
  const u = f64x2.mul(f64x2.add(first, f64x2.splat(1)), f64x2.splat(STEP));
  const r = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), math64.log(u)));
  const angle = f64x2.mul(f64x2.splat(TWO_PI), f64x2.mul(second, f64x2.splat(STEP)));
  const even = f64x2.add(mean, f64x2.mul(deviation, f64x2.mul(r, math64.cos(angle))));
  const odd = f64x2.add(mean, f64x2.mul(deviation, f64x2.mul(r, math64.sin(angle))));
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(even), f32x4.demote_f64x2_zero(odd), 0, 4, 1, 5);
}

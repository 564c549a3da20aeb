/**
 * 2ˣ, the exponential that attention needs: log₂e is folded into the factor of the scores, and x ≤ 0 but for
 * rounding.
 *
 *   x = n + f, n the nearest integer;  2ˣ = 2ⁿ·p(f), p(f) = 1 + f·(c1 + f·(c2 + … c5))
 *
 * p is minimax in relative error on |f| ≤ ½ with p(0) = 1, so that the largest score of a row weighs exactly
 * 1: off by 0.9·10⁻⁷, in f32 by at most 2.3 units in the last place.
 *
 * The constants lie in scratch and are loaded before a loop: as literals in it they cost 2.7 times on Node
 * 24, and a module with data segments could not be instantiated twice over one memory.
 */
import { mulAdd } from "../simd";

/** log₂e and its inverse: the scores of the contract are natural. */
export const LOG2_E: f32 = 1.4426950408889634;
export const LN_2: f32 = 0.6931471805599453;

/** Bytes of the table of constants. */
export const POWER_TABLE_BYTES: usize = 32;

/** Adding 1.5·2²³ leaves the nearest integer in the low bits of the sum. */
const ROUNDER: f32 = 12582912;

/**
 * Below 2⁻⁹⁰ a weight is 0: denormal products would halve the speed, and beside a weight of 1 it is far below
 * rounding.
 */
const SMALLEST: f32 = -90;

export function preparePowers(table: usize): void {
  store<f32>(table, ROUNDER);
  store<f32>(table, SMALLEST, 4);
  store<f32>(table, 1, 8);
  store<f32>(table, 0.6931470036506653, 12);
  store<f32>(table, 0.24022242426872253, 16);
  store<f32>(table, 0.05550733581185341, 20);
  store<f32>(table, 0.009671512991189957, 24);
  store<f32>(table, 0.001326472731307149, 28);
}

/** 2ˣ in each lane; NaN stays NaN. The constants are the table's, in order. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(
  x: v128,
  rounder: v128,
  smallest: v128,
  one: v128,
  c1: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
): v128 {
  const shifted = f32x4.add(x, rounder);
  const f = f32x4.sub(x, f32x4.sub(shifted, rounder));
  let p = mulAdd(c5, f, c4);
  p = mulAdd(p, f, c3);
  p = mulAdd(p, f, c2);
  p = mulAdd(p, f, c1);
  p = mulAdd(p, f, one);
  return v128.andnot(i32x4.add(p, i32x4.shl(shifted, 23)), f32x4.lt(x, smallest));
}

/** 2ˣ of a single vector. */
// @ts-ignore: decorator
@inline
export function powerFromTable(x: v128, table: usize): v128 {
  return powerOfTwo(
    x,
    v128.load_splat<f32>(table),
    v128.load_splat<f32>(table, 4),
    v128.load_splat<f32>(table, 8),
    v128.load_splat<f32>(table, 12),
    v128.load_splat<f32>(table, 16),
    v128.load_splat<f32>(table, 20),
    v128.load_splat<f32>(table, 24),
    v128.load_splat<f32>(table, 28),
  );
}

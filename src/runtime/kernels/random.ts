import type { Ptr } from "./pointer.ts";

/**
 * Philox 4x32-10 (Salmon et al. 2011) of (key0, key1; counter): element i takes word i mod 4 of the block
 * with counter (⌊i/4⌋, 0, 0, 0). A function of key and index only. Keys are 32-bit integers, signed or not.
 * A call computes elements first … first + size - 1 of a stream, the pointers at the first of them; `first`
 * is a multiple of 4.
 *
 * uniform u = (word >>> 8)·2⁻²⁴, in [0, 1), exact in f32. Values are computed as in f32 (each step rounded)
 * and widened, so every implementation draws the same numbers.
 */
export interface RandomKernels {
  /** y = low + u·(high - low), rounded to f32 after each operation. */
  randomUniform(
    y: Ptr,
    size: number,
    first: number,
    key0: number,
    key1: number,
    low: number,
    high: number,
  ): void;
  /**
   * y = mean + deviation·z, z by Box-Muller in f64 from a block's words (0, 1) for elements 4b and 4b+1 and
   * (2, 3) for 4b+2, 4b+3: r = √(-2·log(((w₀ >>> 8) + 1)·2⁻²⁴)), φ = 2π·(w₁ >>> 8)·2⁻²⁴; the first takes
   * r·cos φ, the second r·sin φ. mean + deviation·z in f64, from mean and deviation as doubles, rounded once
   * to f32. log, cos, sin are those of src/math.ts, step by step, so that the bits agree everywhere.
   */
  randomNormal(
    y: Ptr,
    size: number,
    first: number,
    key0: number,
    key1: number,
    mean: number,
    deviation: number,
  ): void;
  /**
   * y[i] = u[i] < rate ? 0 : x[i]·(1/(1-rate)). y may be x. Its own adjoint. The rate stays a double, so
   * every implementation drops the same elements; the factor is computed in f64 and rounded once to the
   * precision of the floats (f32 or, on the f64 reference, not at all).
   */
  dropout(y: Ptr, x: Ptr, size: number, first: number, key0: number, key1: number, rate: number): void;
}

import fc from "fast-check";
import { Random } from "../../src/random.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import type { InputSpec } from "./opCase.ts";

/** Floats between `low` and `high`, rounded to f32. Shrinking makes shapes smaller, not values rounder. */
export function drawFloats(shape: Shape, low = -2, high = 2): fc.Arbitrary<InputSpec> {
  return fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => {
    const random = new Random(seed);
    const value = (_: unknown, i: number) => Math.fround(low + random.uniform(i) * (high - low));
    return { shape, data: Array.from({ length: sizeOf(shape) }, value) };
  });
}

/** Whole numbers from 0 to below `end`, as i32. */
export function drawIndices(shape: Shape, end: number): fc.Arbitrary<InputSpec> {
  const size = sizeOf(shape);
  const index = fc.integer({ min: 0, max: end - 1 });
  return fc
    .array(index, { minLength: size, maxLength: size })
    .map((data) => ({ shape, data, dtype: "i32" as const }));
}

/**
 * Shapes of `minRank` to `maxRank` axes of 0 to 5 (0 is rare); the last axis may be drawn apart, from 1 to
 * `lastMax`.
 */
export function drawShape({ minRank = 0, maxRank = 3, lastMax = 5 } = {}): fc.Arbitrary<number[]> {
  const size = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constant(0));
  const last = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: lastMax }) }, fc.constant(0));
  return fc
    .integer({ min: minRank, max: maxRank })
    .chain((rank) =>
      rank === 0
        ? fc.constant([])
        : fc
            .tuple(fc.array(size, { minLength: rank - 1, maxLength: rank - 1 }), last)
            .map(([lead, end]) => [...lead, end]),
    );
}

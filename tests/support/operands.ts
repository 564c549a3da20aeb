import fc from "fast-check";
import { Random } from "../../src/random.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import { drawFloats, drawShape } from "./inputs.ts";
import type { InputSpec } from "./opCase.ts";

/** Floats between -2 and 2 that keep their distance from the points where a function has a kink or a step. */
export function drawApartFrom(points: readonly number[], shape: Shape, gap = 0.1): fc.Arbitrary<InputSpec> {
  const moveAway = (x: number): number => {
    const near = points.find((point) => Math.abs(x - point) < gap);
    return near === undefined ? x : Math.fround(near + (x < near ? -gap : gap));
  };
  return drawFloats(shape).map(({ data }) => ({ shape, data: data.map(moveAway) }));
}

/** Multiples of a quarter from -2 to 2, plus `offset`; two draws with different offsets have no ties. */
export function drawGrid(shape: Shape, offset = 0): fc.Arbitrary<InputSpec> {
  return drawFloats(shape).map(({ data }) => ({
    shape,
    data: data.map((x) => Math.round(x * 4) / 4 + offset),
  }));
}

/** Numbers of distinct magnitudes, 0.3 apart and from 0, of either sign: no ties, none after `abs` either. */
export function drawDistinct(shape: Shape): fc.Arbitrary<InputSpec> {
  const size = sizeOf(shape);
  return fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => {
    const random = new Random(seed);
    const order = Array.from({ length: size }, (_, i) => i);
    order.sort((i, j) => random.uniform(i) - random.uniform(j));
    const signed = (rank: number, i: number) => (random.fork("sign").uniform(i) < 0.5 ? -1 : 1) * rank;
    return { shape, data: order.map((place, i) => Math.fround(signed(0.3 * (place + 1), i))) };
  });
}

/** Whole numbers from -3 to 3, ties among them, as floats or as i32. */
export function drawWhole(shape: Shape, dtype: "float" | "i32"): fc.Arbitrary<InputSpec> {
  return drawFloats(shape, -3.5, 3.5).map(({ data }) => {
    const whole = data.map((x) => Math.round(x) + 0);
    return dtype === "i32" ? { shape, data: whole, dtype } : { shape, data: whole };
  });
}

/** `count` shapes that broadcast with each other: some axes are 1, some leading ones are missing. */
export function drawBroadcast(count: number): fc.Arbitrary<Shape[]> {
  return drawShape({ maxRank: 4, lastMax: 9 }).chain((full) => {
    const one = fc
      .tuple(fc.nat({ max: full.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
      .map(([drop, ones]) => full.map((n, axis) => (ones[axis] ? 1 : n)).slice(drop));
    const whole = fc.constant(full);
    return fc.tuple(...Array.from({ length: count }, () => fc.oneof({ weight: 2, arbitrary: whole }, one)));
  });
}

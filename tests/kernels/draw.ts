import fc from "fast-check";
import type { Example } from "./agreement.ts";

/** Draws from an arbitrary, given as a function and its arguments; shrinks on failure. */
export type Draw = fc.GeneratorValue;

/** An example of a kernel's use, drawn. */
export type Case = (draw: Draw) => Example;

/** Around one vector, one unrolled step and two of them. */
const VECTOR_EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67];

/** Also around the chunks in which sums are made. */
const CHUNK_EDGES = [...VECTOR_EDGES, 1023, 1024, 1025, 2049];

export const vectorSize = () => fc.constantFrom(...VECTOR_EDGES);
export const sumLength = () => fc.constantFrom(...CHUNK_EDGES);
/** Of a row that is reduced whole. */
export const rowWidth = () => fc.constantFrom(...VECTOR_EDGES, 257);
export const smallCount = () => fc.integer({ min: 1, max: 4 });
export const offset = () => fc.integer({ min: 0, max: 5 });
export const boolean = () => fc.boolean();
export const seed = () => fc.noShrink(fc.integer());
export const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
export const permutation = <T>(values: readonly T[]) =>
  fc.shuffledSubarray([...values], { minLength: values.length });

/** Gives the next of a sequence of numbers in [0, 1). */
type Random = () => number;

/** Where an operand's values come from. */
export type Distribution = (random: Random) => number;

/** `size` floats, many at once from one drawn seed. */
export function floats(draw: Draw, size: number, distribution: Distribution): Float32Array {
  const random = sequence(draw(seed));
  return Float32Array.from({ length: size }, () => distribution(random));
}

/** `size` integers of [low, high). */
export function integers(draw: Draw, size: number, low: number, high: number): Int32Array {
  const random = sequence(draw(seed));
  return Int32Array.from({ length: size }, () => low + Math.floor(random() * (high - low)));
}

/** Slots to move: integers of every size, among them those whose bits are a signalling NaN. */
export function slots(draw: Draw, size: number): Int32Array {
  const random = sequence(draw(seed));
  const special = [-1, -100, -5_000_000, 2 ** 31 - 1, -(2 ** 31), 0];
  return Int32Array.from({ length: size }, () =>
    random() < 0.25 ? pick(special, random) : Math.floor(random() * 2 ** 32),
  );
}

/** ±2⁻⁶ … ±2⁴, where most of a network lives. */
export const moderate: Distribution = (random) => signed(2 ** (10 * random() - 6), random);

/** Evenly between -`bound` and `bound`. */
export const within =
  (bound: number): Distribution =>
  (random) =>
    bound * (2 * random() - 1);

/** Evenly in (0, 1]. */
export const fraction: Distribution = (random) => 1 - random();

/** `usual`, and now and then one of `odd`. */
export const sometimes =
  (odd: readonly number[], usual: Distribution): Distribution =>
  (random) =>
    random() < 0.15 ? pick(odd, random) : usual(random);

export const NON_FINITE = [Infinity, -Infinity, Number.NaN];

/** Zeros, denormals, halves between integers, and where conversions and exponents end. */
const CORNERS = [
  ...[0, 2 ** -149, 2 ** -127, 2 ** -126, 0.5, 1, 1.5, 2.5, 2 ** 23 + 1, 2 ** 24],
  ...[2 ** 31 - 128, 2 ** 31, 2 ** 32, 87.3, 88.72, 88.73, 103.9, 3.4028234663852886e38],
].flatMap((x) => [x, -x]);

/** Every exponent and every odd value of f32. */
export const anything: Distribution = sometimes([...NON_FINITE, ...CORNERS], (random) =>
  random() < 0.5 ? moderate(random) : signed(2 ** (276 * random() - 149), random),
);

/** Finite, small enough that no sum or product of a kernel overflows. */
export const finite: Distribution = sometimes([0, -0, 2 ** -149, -(2 ** -127), 1, -1], moderate);

function signed(magnitude: number, random: Random): number {
  return random() < 0.5 ? -magnitude : magnitude;
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)]!;
}

/** Marsaglia 2003, xorshift: quick, and good enough to choose test data. */
function sequence(start: number): Random {
  let state = (start ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

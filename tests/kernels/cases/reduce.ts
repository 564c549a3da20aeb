import { type ReduceKernels, SUM_CHUNK } from "../../../src/runtime/kernels/reduce.ts";
import { EPSILON, type Example, same, type Tolerance } from "../agreement.ts";
import type { Case, Distribution } from "../draw.ts";
import * as d from "../draw.ts";
import { floatInput, floatOutput, intOutput, type Operand } from "../harness.ts";

/** x: [outer, length, inner] and how it is reduced. */
interface Reduction {
  readonly length: number;
  readonly inner: number;
  readonly x: Float32Array;
}

const reduction = (
  values: Distribution,
  output: (size: number) => Operand,
  tolerance: (reduction: Reduction) => Tolerance,
  keepsLength = false,
): Case => {
  return (draw): Example => {
    const length = draw(d.sumLength);
    const inner = draw(d.oneOf, 1, 1, 1, 2, 3, 4, 5, 8, 17);
    const outer = length > SUM_CHUNK ? 1 : draw(d.smallCount);
    const x = d.floats(draw, outer * length * inner, values);
    return {
      operands: [output(outer * inner * (keepsLength ? length : 1)), floatInput(x)],
      numbers: [outer, length, inner],
      seed: draw(d.seed),
      bits: "all",
      tolerance: tolerance({ length, inner, x }),
    };
  };
};

/**
 * Each term goes through at most a chunk's additions and those of the chunk sums, or all of them in a
 * cumulative sum (Higham 2002, equation 4.4): so many half-ulps of Σ |term|. Underflow of squares adds a
 * denormal each.
 */
const sumTolerance =
  (term: (x: number) => number, isCumulative = false) =>
  ({ length, inner, x }: Reduction): Tolerance => {
    const additions = isCumulative ? length : Math.min(length, SUM_CHUNK) + length / SUM_CHUNK + 4;
    const bounds = Array.from({ length: x.length / length }, (_, line) => {
      const start = Math.floor(line / inner) * length * inner + (line % inner);
      let magnitude = 0;
      for (let l = 0; l < length; l++) magnitude += Math.abs(term(x[start + l * inner]!));
      if (!Number.isFinite(magnitude)) return Infinity;
      return (additions * magnitude * EPSILON) / 2 + length * 2 ** -149;
    });
    return (_, __, i) => bounds[isCumulative ? Math.floor(i / (length * inner)) * inner + (i % inner) : i]!;
  };

/** Mostly ordinary; infinities and NaN are rare, or no long sum would be finite. */
const summands: Distribution = (random) => (random() < 0.0005 ? d.anything(random) : d.finite(random));

/** With ties and, in some lines, NaN. */
const ranked: Distribution = (random) => {
  if (random() < 0.002) return Number.NaN;
  return random() < 0.3 ? Math.floor(3 * random()) : d.moderate(random);
};

const allFinite: Case = (draw) => {
  const size = draw(d.sumLength);
  const x = d.floats(draw, size, d.anything).map((value) => (Number.isFinite(value) ? value : 1));
  const odd = draw(d.oneOf, "none", "near the start", "last");
  if (odd !== "none") x[odd === "last" ? size - 1 : draw(d.offset) % size] = draw(d.oneOf, ...d.NON_FINITE);
  return {
    operands: [floatOutput(1), floatInput(x)],
    numbers: [size],
    seed: draw(d.seed),
    bits: "all",
    tolerance: same,
  };
};

const extremum = reduction(ranked, floatOutput, () => same);
const position = reduction(ranked, intOutput, () => same);

export const reduceCases = {
  sum: reduction(
    summands,
    floatOutput,
    sumTolerance((x) => x),
  ),
  sumOfSquares: reduction(
    summands,
    floatOutput,
    sumTolerance((x) => x * x),
  ),
  max: extremum,
  min: extremum,
  argmax: position,
  argmin: position,
  cumsum: reduction(
    summands,
    floatOutput,
    sumTolerance((x) => x, true),
    true,
  ),
  allFinite,
} satisfies Record<keyof ReduceKernels, Case>;

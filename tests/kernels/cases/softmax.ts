import type { SoftmaxKernels } from "../../../src/runtime/kernels/softmax.ts";
import { EPSILON, type Example, SMALLEST_NORMAL, sumError, type Tolerance } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatInput, floatOutput } from "../harness.ts";

/**
 * Rows of logits: ordinary, far apart, some masked, some all masked, and now and then one that is not finite.
 */
export function logitRows(draw: Draw, rows: number, width: number): Float32Array {
  const x = d.floats(draw, rows * width, d.within(draw(d.oneOf, 1, 10, 100)));
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * width, (r + 1) * width);
    const kind = draw(d.oneOf, "ordinary", "ordinary", "masked", "all masked", "not finite");
    if (kind === "masked") row.fill(-Infinity, 0, Math.floor(width / 2));
    if (kind === "all masked") row.fill(-Infinity);
    if (kind === "not finite") row[draw(d.offset) % width] = draw(d.oneOf, Infinity, Number.NaN);
  }
  return x;
}

const forward = (tolerance: (width: number) => Tolerance): Case => {
  return (draw): Example => {
    const rows = draw(d.smallCount);
    const width = draw(d.rowWidth);
    const x = floatInput(logitRows(draw, rows, width));
    const inPlace = draw(d.boolean);
    const y = inPlace ? changed(x) : floatOutput(rows * width);
    return {
      operands: [y, inPlace ? y : x],
      numbers: [rows, width],
      seed: draw(d.seed),
      bits: [],
      tolerance: tolerance(width),
    };
  };
};

/** `y` makes the kept output; `bound` is given each element of it and dy, and a row's Σ |dy·weight|. */
const backward = (
  y: (random: () => number) => number,
  weight: (dy: number, y: number) => number,
  bound: (dy: number, y: number, rowSum: number) => number,
): Case => {
  return (draw): Example => {
    const rows = draw(d.smallCount);
    const width = draw(d.rowWidth);
    const dy = floatInput(d.floats(draw, rows * width, d.finite));
    const kept = floatInput(d.floats(draw, rows * width, y));
    const inPlace = draw(d.boolean);
    const dx = inPlace ? changed(dy) : floatOutput(rows * width);
    const rowSum = (r: number) => {
      let sum = 0;
      for (let i = r * width; i < (r + 1) * width; i++)
        sum += Math.abs(weight(dy.values[i]!, kept.values[i]!));
      return sum;
    };
    return {
      operands: [dx, inPlace ? dx : dy, kept],
      numbers: [rows, width],
      seed: draw(d.seed),
      bits: [],
      tolerance: (_, __, i) =>
        bound(dy.values[i]!, kept.values[i]!, rowSum(Math.floor(i / width))) * sumError(width) +
        SMALLEST_NORMAL,
    };
  };
};

export const softmaxCases = {
  // x - max is rounded, which the exponential turns into a relative error of |x - max| ≤ |log y| + log width
  // half-ulps.
  softmax: forward((width) => (exact) => {
    const distance = Math.abs(Math.log(Math.max(exact, SMALLEST_NORMAL))) + Math.log(width);
    return exact * (sumError(width) + distance * EPSILON) + SMALLEST_NORMAL;
  }),
  // dx = y·(dy - Σ dy·y)
  softmaxBackward: backward(
    d.fraction,
    (dy, y) => dy * y,
    (dy, y, rowSum) => Math.abs(y) * (Math.abs(dy) + rowSum),
  ),
  // The logarithm of the sum has the sum's relative error as an absolute one.
  logSoftmax: forward((width) => (exact) => {
    return Number.isFinite(exact) ? sumError(width) + (Math.abs(exact) + 2 * Math.log(width)) * EPSILON : 0;
  }),
  // dx = dy - exp(y)·Σ dy; y's own size is the exponential's condition.
  logSoftmaxBackward: backward(
    d.sometimes([-Infinity, -100, 0], (random) => -10 * random()),
    (dy) => dy,
    (dy, y, rowSum) => Math.abs(dy) + (y === -Infinity ? 0 : Math.exp(y) * rowSum * (1 - y)),
  ),
} satisfies Record<keyof SoftmaxKernels, Case>;

import type { CrossEntropyKernels } from "../../../src/runtime/kernels/crossEntropy.ts";
import { EPSILON, type Example, SMALLEST_NORMAL, sumError, ulp } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatInput, floatOutput, intInput } from "../harness.ts";

const IGNORED = -100;

interface Batch {
  readonly rows: number;
  readonly width: number;
  readonly logits: Float32Array;
  readonly targets: Int32Array;
  readonly smoothing: number;
}

function batch(draw: Draw): Batch {
  const rows = draw(d.smallCount);
  const width = draw(d.rowWidth);
  const targets = d.integers(draw, rows, 0, width);
  for (let r = 0; r < rows; r++) if (draw(d.oneOf, false, false, true)) targets[r] = IGNORED;
  const logits = d.floats(draw, rows * width, d.within(draw(d.oneOf, 1, 10, 100)));
  return { rows, width, logits, targets, smoothing: draw(d.oneOf, 0, 0.125, Math.fround(0.1)) };
}

const crossEntropy = (draw: Draw): Example => {
  const { rows, width, logits, targets, smoothing } = batch(draw);
  return {
    operands: [floatOutput(rows), floatOutput(rows), floatInput(logits), intInput(targets)],
    numbers: [rows, width, IGNORED, smoothing],
    seed: draw(d.seed),
    bits: [],
    // Every term of loss and logSumExp is at most the largest |logit| (+ log width): so many ulps of it.
    tolerance: (exact, _, r) => {
      const row = logits.subarray(r * width, (r + 1) * width);
      const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      return (
        sumError(width) * (1 + smoothing * largest) + 4 * EPSILON * (largest + Math.log(width)) + ulp(exact)
      );
    },
  };
};

/** logSumExp is near the logits' own, rounded as forward rounds it; any number would do for the kernel. */
const crossEntropyBackward = (draw: Draw): Example => {
  const { rows, width, logits, targets, smoothing } = batch(draw);
  const dLoss = d.floats(draw, rows, d.moderate);
  const logSumExp = Float32Array.from({ length: rows }, (_, r) => {
    const row = logits.subarray(r * width, (r + 1) * width);
    return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  });
  const x = floatInput(logits);
  const inPlace = draw(d.boolean);
  const dLogits = inPlace ? changed(x) : floatOutput(rows * width);
  return {
    operands: [dLogits, floatInput(dLoss), inPlace ? dLogits : x, intInput(targets), floatInput(logSumExp)],
    numbers: [rows, width, IGNORED, smoothing],
    seed: draw(d.seed),
    bits: [],
    // dLoss·(exp(x - logSumExp) - wanted): the difference is rounded before the exponential, wanted ≤ 1 where
    // it is not 0.
    tolerance: (_, __, i) => {
      const r = Math.floor(i / width);
      const distance = logits[i]! - logSumExp[r]!;
      const wanted = (targets[r] === i % width ? 1 : 0) + smoothing;
      const slopeError = Math.exp(distance) * (4 + Math.abs(distance)) + 2 * wanted;
      return Math.abs(dLoss[r]!) * (slopeError * EPSILON + SMALLEST_NORMAL) + 2 ** -149;
    },
  };
};

export const crossEntropyCases = { crossEntropy, crossEntropyBackward } satisfies Record<
  keyof CrossEntropyKernels,
  Case
>;

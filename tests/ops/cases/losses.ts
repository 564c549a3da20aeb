import fc from "fast-check";
import { binaryCrossEntropy } from "../../../src/ops/binaryCrossEntropy.ts";
import { crossEntropy } from "../../../src/ops/crossEntropy.ts";
import { klDivergence } from "../../../src/ops/klDivergence.ts";
import { linearCrossEntropy } from "../../../src/ops/linearCrossEntropy.ts";
import { meanSquaredError } from "../../../src/ops/meanSquaredError.ts";
import { negativeLogLikelihood } from "../../../src/ops/negativeLogLikelihood.ts";
import { smoothL1 } from "../../../src/ops/smoothL1.ts";
import type { Shape } from "../../../src/shape.ts";
import { drawFloats, drawIndices, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase, OpSample } from "../../support/opCase.ts";

const reductions = fc.constantFrom("none", "sum", "mean" as const);

/** The mean of nothing is NaN, which has no gradient to compare. */
function reductionOver<R extends string>(inputs: readonly InputSpec[], reduction: R): R | "sum" {
  return inputs.some(({ shape }) => shape.includes(0)) ? "sum" : reduction;
}

/** Two shapes that broadcast: the second has some axes of 1, and fewer in front. */
const broadcastPair: fc.Arbitrary<readonly [Shape, Shape]> = drawShape().chain((shape) =>
  fc
    .tuple(fc.integer({ min: 0, max: shape.length }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([dropped, ones]) => [shape, shape.slice(dropped).map((n, axis) => (ones[axis] && n > 0 ? 1 : n))]),
);

/** Two operands of shapes that broadcast. */
function pairs(draw: (a: Shape, b: Shape) => fc.Arbitrary<readonly InputSpec[]>) {
  return broadcastPair.chain(([a, b]) => draw(a, b));
}

/** Even in f32, |prediction - target| stays 0.2 away from 0 and from `beta`. */
const smoothL1Samples: fc.Arbitrary<OpSample> = fc
  .tuple(drawShape(), fc.boolean(), fc.constantFrom(0, 1, 0.8), reductions)
  .chain(([shape, near, beta, reduction]) =>
    fc
      .tuple(drawFloats(shape), drawFloats(shape, ...(near ? [0.2, 0.6] : [1.2, 2])))
      .map(([target, offset]) => {
        const options = { beta, reduction: reductionOver([target], reduction) };
        const sign = (i: number) => (i % 2 === 0 ? 1 : -1);
        const data = target.data.map((value, i) => Math.fround(value + sign(i) * offset.data[i]!));
        return {
          label: `beta ${beta}, ${reduction}`,
          inputs: [{ shape, data }, target],
          run: (prediction, target) => smoothL1(prediction!, target!, options),
        };
      }),
  );

const classOptions = fc.record({
  reduction: reductions,
  labelSmoothing: fc.constantFrom(0, 0, 0.1, 1),
  ignoreIndex: fc.constantFrom(-100, 0),
  weighted: fc.boolean(),
});

/** Rows, classes and targets, some of them ignored, but not all. */
const classTargets = fc
  .tuple(drawShape({ maxRank: 2 }), fc.integer({ min: 2, max: 9 }), classOptions)
  .chain(([shape, classes, options]) =>
    fc
      .tuple(drawIndices(shape, classes), fc.array(fc.boolean(), { maxLength: 3 }))
      .map(([targets, hidden]) => {
        const data = targets.data.map((target, i) =>
          hidden[i] && options.ignoreIndex === -100 ? -100 : target,
        );
        const counts = data.length === 0 || data.some((target) => target !== options.ignoreIndex);
        if (!counts) data[0] = 1;
        const reduction = reductionOver([targets], options.reduction);
        return { shape, classes, options: { ...options, reduction }, targets: { ...targets, data } };
      }),
  );

function classLossSamples(op: typeof crossEntropy, low: number, high: number): fc.Arbitrary<OpSample> {
  return classTargets.chain(({ shape, classes, options: { weighted, ...options }, targets }) =>
    fc
      .tuple(drawFloats([...shape, classes], low, high), drawFloats([classes], 0.5, 2))
      .map(([x, weight]) => ({
        label: JSON.stringify({ ...options, weighted }),
        inputs: weighted ? [x, targets, weight] : [x, targets],
        run: (x, targets, weight) => op(x!, targets!, { ...options, weight }),
      })),
  );
}

const linearCrossEntropySamples: fc.Arbitrary<OpSample> = fc
  .tuple(classTargets, fc.integer({ min: 0, max: 9 }))
  .chain(
    ([
      {
        shape,
        classes,
        options: { weighted: _, ...options },
        targets,
      },
      width,
    ]) =>
      fc.tuple(drawFloats([...shape, width]), drawFloats([classes, width])).map(([x, weight]) => ({
        label: JSON.stringify(options),
        inputs: [x, weight, targets],
        run: (x, weight, targets) => linearCrossEntropy(x!, weight!, targets!, options),
      })),
  );

export const lossCases = {
  meanSquaredError: {
    samples: fc
      .tuple(
        pairs((a, b) => fc.tuple(drawFloats(a), drawFloats(b))),
        reductions,
      )
      .map(([inputs, reduction]) => ({
        label: reduction,
        inputs,
        run: (prediction, target) =>
          meanSquaredError(prediction!, target!, { reduction: reductionOver(inputs, reduction) }),
      })),
    order: 2,
  },
  smoothL1: { samples: smoothL1Samples, order: 2 },
  binaryCrossEntropy: {
    samples: fc
      .tuple(
        pairs((a, b) => fc.tuple(drawFloats(a, -6, 6), drawFloats(b, 0, 1))),
        reductions,
      )
      .map(([inputs, reduction]) => ({
        label: reduction,
        inputs,
        run: (logits, target) =>
          binaryCrossEntropy(logits!, target!, { reduction: reductionOver(inputs, reduction) }),
      })),
    order: 2,
  },
  /** The values need not sum to 1, and stay away from 0, where the gradient has a pole. */
  klDivergence: {
    samples: fc
      .tuple(
        pairs((a, b) => fc.tuple(drawFloats(a, 0.1, 1), drawFloats(b, 0.1, 1))),
        fc.constantFrom("none", "sum", "mean", "batchMean" as const),
      )
      .map(([inputs, reduction]) => ({
        label: reduction,
        inputs,
        run: (target, prediction) =>
          klDivergence(target!, prediction!, { reduction: reductionOver(inputs, reduction) }),
      })),
    order: 2,
  },
  negativeLogLikelihood: { samples: classLossSamples(negativeLogLikelihood, -3, 0), order: 2 },
  crossEntropy: { samples: classLossSamples(crossEntropy, -3, 3), order: 2 },
  linearCrossEntropy: { samples: linearCrossEntropySamples, order: 2 },
} satisfies Record<string, OpCase>;

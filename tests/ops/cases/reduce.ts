import fc from "fast-check";
import {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  std,
  sum,
  variance,
} from "../../../src/ops/index.ts";
import type { ReduceOptions } from "../../../src/ops/support/reduce.ts";
import type { Shape } from "../../../src/shape.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase, OpSample } from "../../support/opCase.ts";
import { drawApartFrom, drawDistinct, drawWhole } from "../../support/operands.ts";

type Draw = (shape: Shape) => fc.Arbitrary<InputSpec>;
type Reduction = (x: Tensor, options: ReduceOptions) => Tensor;

/** Any axes, counted from either end, kept or not; or no options at all. Axes shorter than `shortest` are made so long. */
function reductions(op: Reduction, draw: Draw, { shortest = 0, maxRank = 4 } = {}): fc.Arbitrary<OpSample> {
  return drawShape({ maxRank, lastMax: 9 }).chain((drawn) =>
    fc.tuple(drawOptions(drawn.length), fc.boolean()).chain(([options, isInteger]) => {
      const shape = drawn.map((n, axis) =>
        reduces(options, axis, drawn.length) ? Math.max(shortest, n) : n,
      );
      const x = isInteger ? drawWhole(shape, "i32") : draw(shape);
      return x.map((input) => ({
        label: JSON.stringify(options),
        inputs: [input],
        run: (t?: Tensor) => op(t!, options),
      }));
    }),
  );
}

function drawOptions(rank: number): fc.Arbitrary<ReduceOptions> {
  if (rank === 0) return fc.constantFrom({}, { keepDims: true });
  const one = fc.integer({ min: -rank, max: rank - 1 });
  const some = fc
    .subarray(Array.from({ length: rank }, (_, axis) => axis))
    .map((axes) => axes.map((axis, i) => (i % 2 === 0 ? axis : axis - rank)));
  return fc.record({ axis: fc.oneof(one, some), keepDims: fc.boolean() }, { requiredKeys: [] });
}

function reduces({ axis }: ReduceOptions, at: number, rank: number): boolean {
  if (axis === undefined) return true;
  return [axis].flat().some((one) => one === at || one === at - rank);
}

const smooth: Draw = (shape) => drawFloats(shape);
const whole: Draw = (shape) => drawWhole(shape, "float");

const withCorrection = (op: typeof variance): OpCase => ({
  samples: fc.oneof(
    reductions(op, drawDistinct, { shortest: 2 }),
    reductions((x, options) => op(x, { ...options, correction: 0 }), drawDistinct, { shortest: 2 }),
  ),
  order: 2,
});

/** Products of up to 125 factors: none so large that it overflows. Zeros among them, for which the gradient has no kink. */
const factors: Draw = (shape) =>
  drawFloats(shape, -1.2, 1.2).map(({ data }) => ({
    shape,
    data: data.map((x) => (Math.abs(x) < 0.1 ? 0 : x)),
  }));

export const reduceCases = {
  sum: { samples: reductions(sum, smooth), order: 2 },
  mean: { samples: reductions(mean, smooth, { shortest: 1 }), order: 2 },
  variance: withCorrection(variance),
  std: withCorrection(std),
  max: { samples: reductions(max, drawDistinct, { shortest: 1 }), order: 2 },
  min: { samples: reductions(min, drawDistinct, { shortest: 1 }), order: 2 },
  argmax: { samples: reductions(argmax, whole, { shortest: 1 }), order: 0 },
  argmin: { samples: reductions(argmin, whole, { shortest: 1 }), order: 0 },
  prod: { samples: reductions(prod, factors, { maxRank: 3 }), order: 2 },
  logSumExp: { samples: reductions(logSumExp, (shape) => drawFloats(shape, -4, 4)), order: 2 },
  norm: { samples: reductions(norm, (shape) => drawApartFrom([0], shape, 0.3)), order: 2 },
  "norm by 1": {
    samples: reductions((x, options) => norm(x, { ...options, ord: 1 }), drawDistinct),
    order: 2,
  },
  "norm by Infinity": {
    samples: reductions((x, options) => norm(x, { ...options, ord: Infinity }), drawDistinct, {
      shortest: 1,
    }),
    order: 2,
  },
  any: { samples: reductions(any, whole), order: 0 },
  all: { samples: reductions(all, whole), order: 0 },
  cumsum: {
    samples: drawShape({ minRank: 1, lastMax: 9 }).chain((shape) =>
      fc
        .tuple(smooth(shape), fc.integer({ min: -shape.length, max: shape.length - 1 }))
        .map(([x, axis]) => ({ label: `axis ${axis}`, inputs: [x], run: (t) => cumsum(t!, { axis }) })),
    ),
    order: 2,
  },
} satisfies Record<string, OpCase>;

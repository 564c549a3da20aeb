import fc from "fast-check";
import { gather, indexSelect, scatterAdd } from "../../../src/ops/index.ts";
import type { Shape } from "../../../src/shape.ts";
import { drawFloats, drawIndices, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase } from "../../support/opCase.ts";

/** A shape, one of its axes counted from either end, and how long an index along that axis is. */
const problem = drawShape({ minRank: 1, maxRank: 4, lastMax: 9 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axis: fc.integer({ min: -shape.length, max: shape.length - 1 }),
    count: fc.nat({ max: 6 }),
    /** By how much the index is shorter than x off the axis; mostly not at all. */
    cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constant(1)),
  }),
);

interface Problem {
  readonly shape: Shape;
  readonly axis: number;
  readonly count: number;
  readonly cut: number;
}

function drawIndex({ shape, axis, count, cut }: Problem): fc.Arbitrary<InputSpec> {
  const at = axis < 0 ? axis + shape.length : axis;
  const length = shape[at]!;
  const shorter = shape.map((n) => Math.max(0, n - cut));
  // An axis without elements has no index.
  return drawIndices(shorter.with(at, length === 0 ? 0 : count), Math.max(1, length));
}

export const indexingCases = {
  gather: {
    samples: problem.chain((drawn) =>
      fc.tuple(drawFloats(drawn.shape), drawIndex(drawn)).map(([x, index]) => ({
        label: `axis ${drawn.axis}`,
        inputs: [x, index],
        run: (x, index) => gather(x!, index!, { axis: drawn.axis }),
      })),
    ),
    order: 2,
  },
  scatterAdd: {
    samples: problem.chain((drawn) =>
      fc.tuple(drawFloats(drawn.shape), drawIndex(drawn), fc.boolean()).chain(([x, index, more]) =>
        drawFloats(index.shape.map((n) => n + Number(more))).map((source) => ({
          label: `axis ${drawn.axis}`,
          inputs: [x, index, source],
          run: (x, index, source) => scatterAdd(x!, index!, source!, { axis: drawn.axis }),
        })),
      ),
    ),
    order: 2,
  },
  indexSelect: {
    samples: problem.chain(({ shape, axis, count }) => {
      const length = shape.at(axis)!;
      const index = drawIndices([length === 0 ? 0 : count], Math.max(1, length));
      return fc.tuple(drawFloats(shape), index).map(([x, index]) => ({
        label: `axis ${axis}`,
        inputs: [x, index],
        run: (x, index) => indexSelect(x!, index!, { axis }),
      }));
    }),
    order: 2,
  },
} satisfies Record<string, OpCase>;

import fc from "fast-check";
import { type AxisRange, concat, pad, slice, split, stack } from "../../../src/ops/index.ts";
import type { Shape } from "../../../src/shape.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { OpCase } from "../../support/opCase.ts";

/** Any range for an axis of n: bounds also far outside, steps of both signs. A single index needs an element. */
function drawRange(n: number): fc.Arbitrary<AxisRange> {
  const bound = fc.option(fc.integer({ min: -n - 2, max: n + 2 }));
  const step = fc.constantFrom(1, 2, 3, -1, -2, -3);
  return fc.oneof(
    fc.constant(null),
    fc.tuple(bound, bound),
    fc.tuple(bound, bound, step),
    ...(n > 0 ? [fc.integer({ min: -n, max: n - 1 })] : []),
  );
}

/** A shape with at least one axis, and one of its axes counted from either end. */
const shapeAndAxis = drawShape({ minRank: 1, maxRank: 4 }).chain((shape) =>
  fc.tuple(fc.constant(shape), fc.integer({ min: -shape.length, max: shape.length - 1 })),
);

const withLength = (shape: Shape, axis: number, length: number) =>
  shape.with(axis < 0 ? axis + shape.length : axis, length);

/** The same number of tensors as of lengths. */
const drawParts = (shape: Shape, axis: number) =>
  fc
    .array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 })
    .chain((lengths) => fc.tuple(...lengths.map((length) => drawFloats(withLength(shape, axis, length)))));

export const partCases = {
  slice: {
    samples: drawShape({ maxRank: 5, lastMax: 9 }).chain((shape) =>
      fc
        .tuple(drawFloats(shape), fc.nat({ max: shape.length }), fc.tuple(...shape.map(drawRange)))
        .map(([x, count, ranges]) => ({
          label: JSON.stringify(ranges.slice(0, count)),
          inputs: [x],
          run: (x) => slice(x!, ranges.slice(0, count)),
        })),
    ),
    order: 2,
  },
  pad: {
    samples: drawShape().chain((shape) =>
      fc
        .tuple(
          drawFloats(shape),
          fc.tuple(...shape.map(() => fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })))),
          fc.constantFrom(undefined, 0, -1, 7),
        )
        .map(([x, paddings, value]) => ({
          label: `${JSON.stringify(paddings)}, value ${value}`,
          inputs: [x],
          run: (x) => pad(x!, paddings, value === undefined ? {} : { value }),
        })),
    ),
    order: 2,
  },
  concat: {
    samples: shapeAndAxis.chain(([shape, axis]) =>
      drawParts(shape, axis).map((inputs) => ({
        label: `axis ${axis}`,
        inputs,
        run: (...parts) => concat(parts, { axis }),
      })),
    ),
    order: 2,
  },
  stack: {
    samples: drawShape().chain((shape) =>
      fc
        .tuple(
          fc.array(drawFloats(shape), { minLength: 1, maxLength: 4 }),
          fc.integer({ min: -shape.length - 1, max: shape.length }),
        )
        .map(([inputs, axis]) => ({
          label: `axis ${axis}`,
          inputs,
          run: (...parts) => stack(parts, { axis }),
        })),
    ),
    order: 2,
  },
  split: {
    samples: shapeAndAxis.chain(([shape, axis]) =>
      fc
        .oneof(fc.integer({ min: 1, max: 6 }), fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }))
        .chain((sizes) => {
          const whole =
            typeof sizes === "number"
              ? shape
              : withLength(
                  shape,
                  axis,
                  sizes.reduce((a, b) => a + b),
                );
          return drawFloats(whole).map((x) => ({
            label: `sizes ${sizes}, axis ${axis}`,
            inputs: [x],
            run: (x) => split(x!, sizes, { axis }),
          }));
        }),
    ),
    order: 2,
  },
} satisfies Record<string, OpCase>;

import fc from "fast-check";
import {
  broadcastTo,
  flip,
  permute,
  repeat,
  repeatInterleave,
  reshape,
  squeeze,
  transpose,
  tril,
  triu,
  unsqueeze,
} from "../../../src/ops/index.ts";
import { type Shape, sizeOf } from "../../../src/shape.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { OpCase, OpSample } from "../../support/opCase.ts";

/** A call on one tensor: `draw` chooses the rest of the call for its shape. All of these are linear in x, so no point is bad. */
function onOneTensor(
  shapes: fc.Arbitrary<Shape>,
  draw: (shape: Shape) => fc.Arbitrary<{ label: string; run: (x: Tensor) => Tensor }>,
): fc.Arbitrary<OpSample> {
  return shapes.chain((shape) =>
    fc
      .tuple(drawFloats(shape), draw(shape))
      .map(([x, { label, run }]) => ({ label, inputs: [x], run: (x) => run(x!) })),
  );
}

/** An axis counted from either end. */
const anyAxis = ({ length }: Shape) => fc.integer({ min: -length, max: length - 1 });

/** No axis, or some, each counted from either end. */
const someAxes = ({ length }: Shape) =>
  fc
    .subarray(Array.from({ length }, (_, axis) => axis))
    .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - length))));

/** The same elements grouped anew: neighbours merged, and axes of size 1 put anywhere. */
const otherShape = (shape: Shape) =>
  fc.tuple(fc.nat({ max: shape.length }), fc.nat({ max: shape.length })).map(([from, to]) => {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    return [...shape.slice(0, first), 1, sizeOf(shape.slice(first, last)), ...shape.slice(last)];
  });

/** A shape and one that broadcasts to it. */
const stretched = drawShape({ maxRank: 5 }).chain((target) =>
  fc
    .tuple(fc.nat({ max: target.length }), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }))
    .map(([lead, ones]) => ({ target, shape: target.map((n, a) => (ones[a] ? 1 : n)).slice(lead) })),
);

const matrices = drawShape({ minRank: 2, maxRank: 4, lastMax: 7 });
const diagonal = fc.integer({ min: -6, max: 6 });

export const shapeCases = {
  reshape: {
    samples: onOneTensor(drawShape({ maxRank: 4 }), (shape) =>
      otherShape(shape).map((to) => ({ label: `to [${to}]`, run: (x) => reshape(x, to) })),
    ),
    order: 2,
  },
  squeeze: {
    samples: onOneTensor(
      drawShape({ maxRank: 4 }).chain((shape) =>
        fc.shuffledSubarray([1, 1, ...shape], { minLength: shape.length }),
      ),
      (shape) =>
        fc.option(fc.oneof(someAxes(shape), ...(shape.length > 0 ? [anyAxis(shape)] : []))).map((axis) => ({
          label: `axis ${axis}`,
          run: (x) => squeeze(x, axis === null ? {} : { axis }),
        })),
    ),
    order: 2,
  },
  unsqueeze: {
    samples: onOneTensor(drawShape(), (shape) =>
      fc
        .oneof(
          anyAxis([...shape, 1]),
          someAxes([...shape, 1]).map((axes) => axes.slice(0, 1)),
        )
        .map((axis) => ({ label: `axis ${axis}`, run: (x) => unsqueeze(x, { axis }) })),
    ),
    order: 2,
  },
  permute: {
    samples: onOneTensor(drawShape({ maxRank: 6 }), (shape) =>
      fc
        .shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        )
        .map((axes) => ({ label: `axes ${axes}`, run: (x) => permute(x, axes) })),
    ),
    order: 2,
  },
  transpose: {
    samples: onOneTensor(drawShape({ minRank: 1, maxRank: 5 }), (shape) =>
      fc
        .tuple(anyAxis(shape), anyAxis(shape))
        .map(([a, b]) => ({ label: `axes ${a}, ${b}`, run: (x) => transpose(x, a, b) })),
    ),
    order: 2,
  },
  flip: {
    samples: onOneTensor(drawShape({ maxRank: 5, lastMax: 9 }), (shape) =>
      fc
        .option(someAxes(shape))
        .map((axis) => ({ label: `axis ${axis}`, run: (x) => flip(x, axis ? { axis } : {}) })),
    ),
    order: 2,
  },
  broadcastTo: {
    samples: stretched.chain(({ shape, target }) =>
      drawFloats(shape).map((x) => ({
        label: `to [${target}]`,
        inputs: [x],
        run: (x: Tensor | undefined) => broadcastTo(x!, target),
      })),
    ),
    order: 2,
  },
  repeat: {
    samples: onOneTensor(drawShape(), (shape) =>
      fc
        .array(fc.nat({ max: 3 }), { minLength: shape.length, maxLength: shape.length + 2 })
        .map((counts) => ({ label: `counts ${counts}`, run: (x) => repeat(x, counts) })),
    ),
    order: 2,
  },
  repeatInterleave: {
    samples: onOneTensor(drawShape(), (shape) =>
      fc.option(fc.nat({ max: Math.max(0, shape.length - 1) })).chain((axis) => {
        const at = shape.length === 0 ? null : axis;
        const length = at === null ? sizeOf(shape) : shape[at]!;
        const list = fc.array(fc.nat({ max: 3 }), { minLength: length, maxLength: length });
        return fc.oneof(fc.nat({ max: 3 }), list).map((counts) => ({
          label: `counts ${counts}, axis ${at}`,
          run: (x: Tensor) => repeatInterleave(x, counts, at === null ? {} : { axis: at }),
        }));
      }),
    ),
    order: 2,
  },
  tril: {
    samples: onOneTensor(matrices, () =>
      diagonal.map((d) => ({ label: `diagonal ${d}`, run: (x) => tril(x, { diagonal: d }) })),
    ),
    order: 2,
  },
  triu: {
    samples: onOneTensor(matrices, () =>
      diagonal.map((d) => ({ label: `diagonal ${d}`, run: (x) => triu(x, { diagonal: d }) })),
    ),
    order: 2,
  },
} satisfies Record<string, OpCase>;

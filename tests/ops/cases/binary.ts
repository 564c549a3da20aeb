import fc from "fast-check";
import {
  add,
  clamp,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  maskedFill,
  maximum,
  minimum,
  mul,
  notEqual,
  pow,
  sub,
  where,
} from "../../../src/ops/index.ts";
import type { Shape } from "../../../src/shape.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase, OpSample } from "../../support/opCase.ts";
import { drawApartFrom, drawBroadcast, drawGrid, drawWhole } from "../../support/operands.ts";

type Binary = (a: Tensor | number, b: Tensor | number) => Tensor;
type Draw = (shape: Shape) => fc.Arbitrary<InputSpec>;

/** Two tensors that broadcast. */
function tensors(op: (a: Tensor, b: Tensor) => Tensor, drawA: Draw, drawB: Draw): fc.Arbitrary<OpSample> {
  return drawBroadcast(2).chain(([a, b]) =>
    fc.tuple(drawA(a!), drawB(b!)).map((inputs) => ({ inputs, run: (x?: Tensor, y?: Tensor) => op(x!, y!) })),
  );
}

/** A tensor and a number, on either side. */
function withNumber(op: Binary, draw: Draw, numbers: readonly number[], side: "left" | "right") {
  return fc.tuple(drawShape().chain(draw), fc.constantFrom(...numbers)).map(
    ([x, number]): OpSample => ({
      label: `${number} on the ${side}`,
      inputs: [x],
      run: (t) => (side === "left" ? op(number, t!) : op(t!, number)),
    }),
  );
}

const floats: Draw = (shape) => drawFloats(shape);
const integers: Draw = (shape) => drawWhole(shape, "i32");
const whole: Draw = (shape) => drawWhole(shape, "float");
const awayFromZero: Draw = (shape) => drawApartFrom([0], shape, 0.4);
const positive: Draw = (shape) => drawFloats(shape, 0.3, 2);

const numbers = [-1.25, 0, 2, 0.5];

const arithmetic = (op: Binary): OpCase => ({
  samples: fc.oneof(
    { weight: 4, arbitrary: tensors(op, floats, floats) },
    tensors(op, floats, integers),
    tensors(op, integers, integers),
    withNumber(op, floats, numbers, "left"),
    withNumber(op, floats, numbers, "right"),
    withNumber(op, integers, [3, 0.5], "left"),
  ),
  order: 2,
});

/** a and b lie on two grids without a common point: no ties. */
const extremum = (op: Binary): OpCase => ({
  samples: fc.oneof(
    { weight: 4, arbitrary: tensors(op, drawGrid, (shape) => drawGrid(shape, 0.125)) },
    tensors(op, integers, integers),
    withNumber(op, drawGrid, [0.125, -0.625], "left"),
    withNumber(op, drawGrid, [0.125, -0.625], "right"),
  ),
  order: 2,
});

/** Ties are welcome: there is no gradient. */
const comparison = (op: Binary): OpCase => ({
  samples: fc.oneof(
    tensors(op, whole, whole),
    tensors(op, integers, integers),
    tensors(op, integers, whole),
    withNumber(op, integers, [1, 0.5], "left"),
    withNumber(op, whole, [1, 0.5], "right"),
  ),
  order: 0,
});

const logical = (op: (a: Tensor, b: Tensor) => Tensor): OpCase => ({
  samples: fc.oneof(tensors(op, whole, whole), tensors(op, integers, whole)),
  order: 0,
});

const noGradient = (input: InputSpec): InputSpec => ({ ...input, differentiate: false });
const masks: Draw = (shape) => fc.oneof(whole(shape).map(noGradient), integers(shape));

function choices(): fc.Arbitrary<OpSample> {
  return drawBroadcast(3).chain(([a, b, c]) =>
    fc.tuple(masks(a!), floats(b!), floats(c!), fc.constantFrom("tensors", "left", "right", "both")).map(
      ([condition, left, right, numbers]): OpSample => ({
        label: numbers,
        inputs: [condition, left, right],
        run: (t, x, y) => {
          const first = numbers === "left" || numbers === "both" ? 0.75 : x!;
          return where(t!, first, numbers === "right" || numbers === "both" ? -2 : y!);
        },
      }),
    ),
  );
}

/** Whole exponents for either sign of the base, others for positive bases only. */
const powers = fc.oneof(
  { weight: 3, arbitrary: tensors(pow, positive, floats) },
  withNumber(pow, awayFromZero, [-2, -1, 0, 1, 2, 3], "right"),
  withNumber(pow, positive, [-0.5, 0.5, 1.7], "right"),
  withNumber(pow, floats, [0.5, 2], "left"),
);

export const binaryCases = {
  add: arithmetic(add),
  sub: arithmetic(sub),
  mul: arithmetic(mul),
  div: {
    samples: fc.oneof(
      { weight: 4, arbitrary: tensors(div, floats, awayFromZero) },
      tensors(div, integers, awayFromZero),
      withNumber(div, awayFromZero, numbers, "left"),
      withNumber(div, floats, [-1.25, 3], "right"),
    ),
    order: 2,
  },
  pow: { samples: powers, order: 2 },
  maximum: extremum(maximum),
  minimum: extremum(minimum),
  clamp: {
    samples: fc
      .tuple(
        drawShape().chain((shape) => drawApartFrom([-0.5, 0.75], shape)),
        fc.constantFrom({ min: -0.5 }, { max: 0.75 }, { min: -0.5, max: 0.75 }),
      )
      .map(([x, options]) => ({ inputs: [x], run: (t) => clamp(t!, options) })),
    order: 2,
  },
  where: { samples: choices(), order: 2 },
  maskedFill: {
    samples: drawShape({ minRank: 1 }).chain((shape) =>
      fc
        .tuple(floats(shape), masks(shape.slice(1)))
        .map(([x, mask]) => ({ inputs: [x, mask], run: (t, m) => maskedFill(t!, m!, -2.5) })),
    ),
    order: 2,
  },
  equal: comparison(equal),
  notEqual: comparison(notEqual),
  less: comparison(less),
  lessEqual: comparison(lessEqual),
  greater: comparison(greater),
  greaterEqual: comparison(greaterEqual),
  logicalAnd: logical(logicalAnd),
  logicalOr: logical(logicalOr),
} satisfies Record<string, OpCase>;

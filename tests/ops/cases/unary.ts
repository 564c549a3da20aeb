import fc from "fast-check";
import {
  abs,
  cos,
  erf,
  exp,
  isFinite as finite,
  floor,
  gelu,
  leakyRelu,
  log,
  logicalNot,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from "../../../src/ops/index.ts";
import type { Shape } from "../../../src/shape.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase, OpSample } from "../../support/opCase.ts";
import { drawApartFrom, drawWhole } from "../../support/operands.ts";

type Draw = (shape: Shape) => fc.Arbitrary<InputSpec>;

/** Calls over shapes of rank 0 to 4, the last axis longer than a few vectors; now and then of integers. */
function calls(op: (x: Tensor) => Tensor, draw: Draw): fc.Arbitrary<OpSample> {
  const shapes = drawShape({ maxRank: 4, lastMax: 37 });
  const run = (x?: Tensor) => op(x!);
  return fc.oneof(
    { weight: 6, arbitrary: shapes.chain(draw).map((x) => ({ inputs: [x], run })) },
    shapes.chain((shape) => drawWhole(shape, "i32")).map((x) => ({ label: "i32", inputs: [x], run })),
  );
}

const smooth = (op: (x: Tensor) => Tensor): OpCase => ({ samples: calls(op, drawFloats), order: 2 });

/** Functions that are not smooth, or not defined, at `points`. */
const apartFrom = (points: readonly number[], op: (x: Tensor) => Tensor): OpCase => ({
  samples: calls(op, (shape) => drawApartFrom(points, shape)),
  order: 2,
});

const positive = (op: (x: Tensor) => Tensor): OpCase => ({
  samples: calls(op, (shape) => drawFloats(shape, 0.2, 4)),
  order: 2,
});

const halves = [-1.5, -0.5, 0.5, 1.5];
const wholes = [-2, -1, 0, 1, 2];

export const unaryCases = {
  neg: smooth(neg),
  square: smooth(square),
  exp: smooth(exp),
  sin: smooth(sin),
  cos: smooth(cos),
  tanh: smooth(tanh),
  sigmoid: smooth(sigmoid),
  softplus: smooth(softplus),
  erf: smooth(erf),
  silu: smooth(silu),
  gelu: smooth(gelu),
  "gelu by tanh": smooth((x) => gelu(x, { approximate: "tanh" })),
  log: positive(log),
  sqrt: positive(sqrt),
  rsqrt: positive(rsqrt),
  reciprocal: apartFrom([0], reciprocal),
  abs: apartFrom([0], abs),
  relu: apartFrom([0], relu),
  leakyRelu: apartFrom([0], (x) => leakyRelu(x, { negativeSlope: 0.2 })),
  sign: apartFrom([0], sign),
  floor: apartFrom(wholes, floor),
  round: apartFrom(halves, round),
  isFinite: { ...smooth(finite), order: 0 },
  logicalNot: { samples: calls(logicalNot, (shape) => drawWhole(shape, "float")), order: 0 },
} satisfies Record<string, OpCase>;

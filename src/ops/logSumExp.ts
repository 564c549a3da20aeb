import { normalizeAxes, type Shape } from "../shape.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { equal } from "./equal.ts";
import { exp } from "./exp.ts";
import { isFinite as finite } from "./isFinite.ts";
import { log } from "./log.ts";
import { maskedFill } from "./maskedFill.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";
import { type ReduceOptions, reduceAxes, reducedShape } from "./support/reduce.ts";
import { where } from "./where.ts";

/** y = log Σ eˣ over `axis` (default all), without overflow. Over an empty axis, or one of only -∞: -∞, with gradient 0. */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  const runtime = operands("logSumExp", x);
  const { keepDims = false, ...over } = options;
  const axes = normalizeAxes("logSumExp", over.axis, x.rank);
  const kept = reducedShape(x.shape, axes, true);
  const y = runtime.withRecording(false, () =>
    runtime.scope(() => {
      const largest = reduceAxes("logSumExp", "max", x, { ...over, keepDims: true }, -Infinity);
      const shift = where(finite(largest), largest, 0);
      const total = sum(exp(sub(x, shift)), { ...over, keepDims: true });
      return reshape(add(log(total), shift), reducedShape(x.shape, axes, keepDims));
    }),
  );
  return record(y, logSumExpRule, { inputs: [x], saved: [x, y], constants: kept });
}

/** ∂y/∂x = softmax(x) = exp(x - y). */
const logSumExpRule: Rule<Shape> = {
  op: "logSumExp",
  backward: ([dy], { saved: [x, y], constants: kept }) => {
    const total = reshape(maskedFill(y!, equal(y!, -Infinity), 0), kept);
    return [mul(reshape(dy!, kept), exp(sub(x!, total)))];
  },
};

import { normalizeAxis } from "../shape.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";
import type { SoftmaxOptions } from "./softmax.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";
import { runAlongAxis } from "./support/alongAxis.ts";
import { needFloats } from "./support/operand.ts";
import { shiftBelowZero } from "./support/shift.ts";
import { where } from "./where.ts";

/**
 * y = x - log Σ eˣ along `axis`, the logarithm of softmax. x, y: [...]. Where all of x is -Infinity, so is y.
 */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { kernels } = operands("logSoftmax", x);
  needFloats("logSoftmax", x);
  const axis = normalizeAxis("logSoftmax", options.axis ?? -1, x.rank);
  const y = runAlongAxis([x], axis, (y, [x], rows, width) => kernels.logSoftmax(y, x!, rows, width));
  return record(y, logSoftmaxRule, { inputs: [x], saved: [y], constants: axis });
}

/** dx = dy - eʸ·Σ dy. */
const logSoftmaxRule: Rule<number> = {
  op: "logSoftmax",
  backward([dy], { saved: [y], constants: axis }) {
    const { kernels } = y!.runtime;
    const dx = runAlongAxis([dy!, y!], axis, (dx, [dy, y], rows, width) =>
      kernels.logSoftmaxBackward(dx, dy!, y!, rows, width),
    );
    return [dx];
  },
  definition: ([x], axis) => [logSoftmaxDefinition(x!, axis)],
};

/** LogSoftmax of primitives, for its own rule and for the definitions of ops that contain one. */
export function logSoftmaxDefinition(x: Tensor, axis: number): Tensor {
  const { shifted, seen } = shiftBelowZero(x, axis);
  const total = where(seen, sum(exp(shifted), { axis, keepDims: true }), 1);
  return sub(shifted, log(total));
}

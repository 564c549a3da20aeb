import { normalizeAxis } from "../shape.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { sum } from "./sum.ts";
import { runAlongAxis } from "./support/alongAxis.ts";
import { needFloats } from "./support/operand.ts";
import { shiftBelowZero } from "./support/shift.ts";
import { where } from "./where.ts";

export interface SoftmaxOptions {
  /** Default the last. */
  readonly axis?: number;
}

/**
 * y = eˣ / Σ eˣ along `axis`. x, y: [...]. Where all of x is -Infinity, y and its gradient are 0.
 *
 * ```ts
 * softmax(tensor([0, Math.log(3)])); // [0.25, 0.75]
 * ```
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { kernels } = operands("softmax", x);
  needFloats("softmax", x);
  const axis = normalizeAxis("softmax", options.axis ?? -1, x.rank);
  const y = runAlongAxis([x], axis, (y, [x], rows, width) => kernels.softmax(y, x!, rows, width));
  return record(y, softmaxRule, { inputs: [x], saved: [y], constants: axis });
}

/** dx = y·(dy - Σ dy·y). */
const softmaxRule: Rule<number> = {
  op: "softmax",
  backward([dy], { saved: [y], constants: axis }) {
    const { kernels } = y!.runtime;
    const dx = runAlongAxis([dy!, y!], axis, (dx, [dy, y], rows, width) =>
      kernels.softmaxBackward(dx, dy!, y!, rows, width),
    );
    return [dx];
  },
  definition: ([x], axis) => [softmaxDefinition(x!, axis)],
};

/** Softmax of primitives, for its own rule and for the definitions of ops that contain one. */
export function softmaxDefinition(x: Tensor, axis: number): Tensor {
  const { shifted, seen } = shiftBelowZero(x, axis);
  const weights = exp(shifted);
  return div(weights, where(seen, sum(weights, { axis, keepDims: true }), 1));
}

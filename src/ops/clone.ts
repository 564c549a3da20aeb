import { copyOf } from "../tensor/gradients.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A copy of x with a storage of its own; the gradient passes. */
export function clone(x: Tensor): Tensor {
  operands("clone", x);
  return record(copyOf(x), cloneRule, { inputs: [x] });
}

const cloneRule: Rule = { op: "clone", backward: ([dy]) => [dy!] };

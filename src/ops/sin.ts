import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cos } from "./cos.ts";
import { mul } from "./mul.ts";
import { runUnary } from "./support/unary.ts";

/** y = sin x. */
export function sin(x: Tensor): Tensor {
  return record(runUnary("sin", "sin", x), sinRule, { inputs: [x], saved: [x] });
}

/** y' = cos x. */
const sinRule: Rule = { op: "sin", backward: ([dy], { saved: [x] }) => [mul(dy!, cos(x!))] };

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { runUnary } from "./support/unary.ts";

/** y = log(1 + eˣ), without overflow. */
export function softplus(x: Tensor): Tensor {
  return record(runUnary("softplus", "softplus", x), softplusRule, { inputs: [x], saved: [x] });
}

/** y' = sigmoid x. */
const softplusRule: Rule = {
  op: "softplus",
  backward: ([dy], { saved: [x] }) => [mul(dy!, sigmoid(x!))],
};

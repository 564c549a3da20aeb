import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { runUnary } from "./support/unary.ts";

/** y = 1/(1 + e⁻ˣ). */
export function sigmoid(x: Tensor): Tensor {
  const y = runUnary("sigmoid", "sigmoid", x);
  return record(y, sigmoidRule, { inputs: [x], saved: [y] });
}

/** y' = y·(1 - y). */
const sigmoidRule: Rule = {
  op: "sigmoid",
  backward: ([dy], { saved: [y] }) => [mul(dy!, mul(y!, sub(1, y!)))],
};

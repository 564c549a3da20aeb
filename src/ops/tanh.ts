import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { runUnary } from "./support/unary.ts";

/** y = tanh x. */
export function tanh(x: Tensor): Tensor {
  const y = runUnary("tanh", "tanh", x);
  return record(y, tanhRule, { inputs: [x], saved: [y] });
}

/** y' = 1 - y². */
const tanhRule: Rule = {
  op: "tanh",
  backward: ([dy], { saved: [y] }) => [mul(dy!, sub(1, square(y!)))],
};

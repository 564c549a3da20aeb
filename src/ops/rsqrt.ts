import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { runUnary } from "./support/unary.ts";

/** y = 1/√x. */
export function rsqrt(x: Tensor): Tensor {
  const y = runUnary("rsqrt", "rsqrt", x);
  return record(y, rsqrtRule, { inputs: [x], saved: [y] });
}

/** y' = -y³/2. */
const rsqrtRule: Rule = {
  op: "rsqrt",
  backward: ([dy], { saved: [y] }) => [mul(mul(dy!, -0.5), mul(y!, square(y!)))],
};

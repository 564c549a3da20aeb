import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { square } from "./square.ts";
import { runUnary } from "./support/unary.ts";

/** y = 1/x. */
export function reciprocal(x: Tensor): Tensor {
  const y = runUnary("reciprocal", "reciprocal", x);
  return record(y, reciprocalRule, { inputs: [x], saved: [y] });
}

/** y' = -1/x² = -y². */
const reciprocalRule: Rule = {
  op: "reciprocal",
  backward: ([dy], { saved: [y] }) => [neg(mul(dy!, square(y!)))],
};

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { runUnary } from "./support/unary.ts";

/** y = x². i32 stays i32. */
export function square(x: Tensor): Tensor {
  if (x.dtype === "i32") return mul(x, x);
  return record(runUnary("square", "square", x), squareRule, { inputs: [x], saved: [x] });
}

/** y' = 2x. */
const squareRule: Rule = {
  op: "square",
  backward: ([dy], { saved: [x] }) => [mul(mul(dy!, 2), x!)],
};

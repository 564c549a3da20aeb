import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { runUnary } from "./support/unary.ts";

/** y = eˣ. x, y: [...]. */
export function exp(input: Tensor): Tensor {
  const { x, y } = runUnary("exp", input);
  return record(y, expRule, { inputs: [x], saved: [y] });
}

/** y' = y. */
const expRule: Rule = { op: "exp", backward: ([dy], { saved: [y] }) => [mul(dy!, y!)] };

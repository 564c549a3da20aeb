import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { runUnary } from "./support/unary.ts";

/** y = eˣ. x, y: [...]. */
export function exp(x: Tensor): Tensor {
  const y = runUnary("exp", "exp", x);
  return record(y, expRule, { inputs: [x], saved: [y] });
}

/** y' = y. */
const expRule: Rule = { op: "exp", backward: ([dy], { saved: [y] }) => [mul(dy!, y!)] };

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sin } from "./sin.ts";
import { runUnary } from "./support/unary.ts";

/** y = cos x. */
export function cos(x: Tensor): Tensor {
  return record(runUnary("cos", "cos", x), cosRule, { inputs: [x], saved: [x] });
}

/** y' = -sin x. */
const cosRule: Rule = { op: "cos", backward: ([dy], { saved: [x] }) => [neg(mul(dy!, sin(x!)))] };

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./div.ts";
import { runUnary } from "./support/unary.ts";

/** y = log x, the natural logarithm. */
export function log(x: Tensor): Tensor {
  return record(runUnary("log", "log", x), logRule, { inputs: [x], saved: [x] });
}

/** y' = 1/x. */
const logRule: Rule = { op: "log", backward: ([dy], { saved: [x] }) => [div(dy!, x!)] };

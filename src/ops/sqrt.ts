import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { runUnary } from "./support/unary.ts";

/** y = √x. */
export function sqrt(x: Tensor): Tensor {
  const y = runUnary("sqrt", "sqrt", x);
  return record(y, sqrtRule, { inputs: [x], saved: [y] });
}

/** y' = 1/(2y). */
const sqrtRule: Rule = { op: "sqrt", backward: ([dy], { saved: [y] }) => [div(dy!, mul(y!, 2))] };

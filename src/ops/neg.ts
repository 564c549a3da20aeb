import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { runUnary } from "./support/unary.ts";

/** y = -x. i32 stays i32. */
export function neg(x: Tensor): Tensor {
  if (x.dtype === "i32") return mul(x, -1);
  return record(runUnary("neg", "negate", x), negRule, { inputs: [x] });
}

const negRule: Rule = { op: "neg", backward: ([dy]) => [neg(dy!)] };

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maximum } from "./maximum.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sign } from "./sign.ts";
import { runUnary } from "./support/unary.ts";

/** y = |x|. Its derivative at 0 is 0. i32 stays i32. */
export function abs(x: Tensor): Tensor {
  if (x.dtype === "i32") return x.runtime.scope(() => maximum(x, neg(x)));
  return record(runUnary("abs", "abs", x), absRule, { inputs: [x], saved: [x] });
}

const absRule: Rule = { op: "abs", backward: ([dy], { saved: [x] }) => [mul(dy!, sign(x!))] };

import { record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./clone.ts";
import { runUnary, stepRule } from "./support/unary.ts";

/** The nearest whole number, halves to the even one: round(2.5) = 2. The gradient is 0. i32 stays i32. */
export function round(x: Tensor): Tensor {
  if (x.dtype === "i32") return clone(x);
  return record(runUnary("round", "round", x), roundRule, { inputs: [x] });
}

const roundRule = stepRule("round");

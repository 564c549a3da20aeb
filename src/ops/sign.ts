import { record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clamp } from "./clamp.ts";
import { runUnary, stepRule } from "./support/unary.ts";

/** y = -1, 0 or 1. The gradient is 0. i32 stays i32. */
export function sign(x: Tensor): Tensor {
  if (x.dtype === "i32") return clamp(x, { min: -1, max: 1 });
  return record(runUnary("sign", "sign", x), signRule, { inputs: [x] });
}

const signRule = stepRule("sign");

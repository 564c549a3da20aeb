import { record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./clone.ts";
import { runUnary, stepRule } from "./support/unary.ts";

/** The largest whole number that is at most x. The gradient is 0. i32 stays i32. */
export function floor(x: Tensor): Tensor {
  if (x.dtype === "i32") return clone(x);
  return record(runUnary("floor", "floor", x), floorRule, { inputs: [x] });
}

const floorRule = stepRule("floor");

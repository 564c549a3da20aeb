import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { greater } from "./greater.ts";
import { maximum } from "./maximum.ts";
import { runUnary } from "./support/unary.ts";
import { where } from "./where.ts";

/** y = max(x, 0). Its derivative at 0 is 0. i32 stays i32. */
export function relu(x: Tensor): Tensor {
  if (x.dtype === "i32") return maximum(x, 0);
  const y = runUnary("relu", "relu", x);
  return record(y, reluRule, { inputs: [x], saved: [y] });
}

/** y' = 1 where y > 0, else 0; chosen rather than multiplied, so that an infinite dy does not become NaN. */
const reluRule: Rule = { op: "relu", backward: ([dy], { saved: [y] }) => [where(greater(y!, 0), dy!, 0)] };

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { runUnary, runUnaryBackward } from "./support/unary.ts";

/** y = x·sigmoid x, also called swish. Elfwing, Uchibe & Doya 2017. */
export function silu(x: Tensor): Tensor {
  return record(runUnary("silu", "silu", x), siluRule, { inputs: [x], saved: [x] });
}

const siluRule: Rule = {
  op: "silu",
  backward: ([dy], { saved: [x] }) => [runUnaryBackward("siluBackward", dy!, x!)],
  definition: ([x]) => [mul(x!, sigmoid(x!))],
};

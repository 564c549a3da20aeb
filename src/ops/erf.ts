import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { square } from "./square.ts";
import { runUnary } from "./support/unary.ts";

/** y = erf x = 2/√π·∫₀ˣ e^(-t²) dt. */
export function erf(x: Tensor): Tensor {
  return record(runUnary("erf", "erf", x), erfRule, { inputs: [x], saved: [x] });
}

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** y' = 2/√π·e^(-x²). */
const erfRule: Rule = {
  op: "erf",
  backward: ([dy], { saved: [x] }) => [mul(mul(dy!, TWO_OVER_ROOT_PI), exp(neg(square(x!))))],
};

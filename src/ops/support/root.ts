import { type Rule, record } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { div } from "../div.ts";
import { equal } from "../equal.ts";
import { maskedFill } from "../maskedFill.ts";
import { mul } from "../mul.ts";
import { runUnary } from "./unary.ts";

/**
 * y = √x for x a sum of squares: at 0 its gradient is 0, a subgradient of the length that it is, and what PyTorch gives std and norm
 * there.
 */
export function rootOrZero(x: Tensor): Tensor {
  const y = runUnary("sqrt", "sqrt", x);
  return record(y, rootRule, { inputs: [x], saved: [y] });
}

/** y' = 1/(2y). The divisor is filled, not the quotient, so that no derivative of it is 0·∞. */
const rootRule: Rule = {
  op: "sqrt",
  backward: ([dy], { saved: [y] }) => {
    const zero = equal(y!, 0);
    return [div(maskedFill(dy!, zero, 0), maskedFill(mul(y!, 2), zero, 1))];
  },
};

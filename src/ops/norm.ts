import { ArgumentError } from "../errors.ts";
import { normalizeAxes, type Shape } from "../shape.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { abs } from "./abs.ts";
import { max } from "./max.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";
import { type ReduceOptions, reduceAxes, reducedShape } from "./support/reduce.ts";
import { rootOrZero } from "./support/root.ts";

export interface NormOptions extends ReduceOptions {
  /** 2 (default): √Σ x²; 1: Σ |x|; Infinity: max |x|. */
  readonly ord?: number;
}

/** The length of x along `axis` (default all). Where a 2-norm is 0 its gradient is 0; a maximum's goes to the first of equals. */
export function norm(x: Tensor, { ord = 2, ...options }: NormOptions = {}): Tensor {
  const runtime = operands("norm", x);
  return runtime.scope(() => {
    if (ord === 2) return rootOrZero(sumOfSquares(x, options));
    if (ord === 1) return sum(abs(x), options);
    if (ord === Infinity) return max(abs(x), options);
    throw new ArgumentError("norm", "ord of 1, 2 or Infinity", ord);
  });
}

/** y = Σ x², without a tensor of squares. */
function sumOfSquares(x: Tensor, options: ReduceOptions): Tensor {
  const y = reduceAxes("norm", "sumOfSquares", x, options, 0);
  const kept = reducedShape(x.shape, normalizeAxes("norm", options.axis, x.rank), true);
  return record(y, sumOfSquaresRule, { inputs: [x], saved: [x], constants: kept });
}

/** y' = 2x. */
const sumOfSquaresRule: Rule<Shape> = {
  op: "norm",
  backward: ([dy], { saved: [x], constants: kept }) => [mul(x!, reshape(mul(dy!, 2), kept))],
};

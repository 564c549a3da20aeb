import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { rootOrZero } from "./support/root.ts";
import { type VarianceOptions, variance } from "./variance.ts";

/** y = √variance(x), the standard deviation. Where it is 0 its gradient is 0. */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  return operands("std", x).scope(() => rootOrZero(variance(x, options)));
}

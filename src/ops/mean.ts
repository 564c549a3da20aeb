import { normalizeAxes } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./div.ts";
import { sum } from "./sum.ts";
import { lengthOf, type ReduceOptions } from "./support/reduce.ts";

/** y = Σ x / n over `axis` (default all) of n elements. Over an empty axis: NaN. The mean of an i32 x is floats. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const runtime = operands("mean", x);
  const n = lengthOf(x.shape, normalizeAxes("mean", options.axis, x.rank));
  return runtime.scope(() => div(sum(x, options), n));
}

import { ArgumentError } from "../errors.ts";
import { normalizeAxes } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./div.ts";
import { mean } from "./mean.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";
import { lengthOf, type ReduceOptions } from "./support/reduce.ts";

export interface VarianceOptions extends ReduceOptions {
  /** What is taken from n in the divisor. Default 1: the unbiased estimate. */
  readonly correction?: number;
}

/**
 * y = Σ (x - mean x)² / (n - correction) over `axis` (default all) of n elements, in two passes. Where n - correction ≤ 0: NaN, or
 * infinite.
 */
export function variance(x: Tensor, { correction = 1, ...options }: VarianceOptions = {}): Tensor {
  const runtime = operands("variance", x);
  if (!Number.isFinite(correction)) throw new ArgumentError("variance", "a finite correction", correction);
  const n = lengthOf(x.shape, normalizeAxes("variance", options.axis, x.rank));
  return runtime.scope(() => {
    const deviation = sub(x, mean(x, { ...options, keepDims: true }));
    return div(sum(square(deviation), options), Math.max(0, n - correction));
  });
}

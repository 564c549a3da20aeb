import type { Tensor } from "../../tensor/tensor.ts";
import { max } from "../max.ts";
import { notEqual } from "../notEqual.ts";
import { sub } from "../sub.ts";
import { where } from "../where.ts";

/**
 * x - max x along `axis`, so that exp cannot overflow, and whether anything there is more than -Infinity (1 or 0, the axis kept); where
 * nothing is, x itself. Softmax does not depend on the shift, so no gradient passes through the maximum.
 */
export function shiftBelowZero(x: Tensor, axis: number): { shifted: Tensor; seen: Tensor } {
  const { maximum, seen } = x.runtime.withRecording(false, () => {
    const maximum = max(x, { axis, keepDims: true });
    const seen = notEqual(maximum, -Infinity);
    return { maximum: where(seen, maximum, 0), seen };
  });
  return { shifted: sub(x, maximum), seen };
}

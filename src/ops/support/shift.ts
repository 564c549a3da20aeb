import type { Tensor } from "../../tensor/tensor.ts";
import { notEqual } from "../notEqual.ts";
import { sub } from "../sub.ts";
import { where } from "../where.ts";
import { reduceAxes } from "./reduce.ts";

/**
 * x - max x along `axis`, so that exp cannot overflow, and whether anything there is more than -Infinity (1
 * or 0, the axis kept); where nothing is, x itself. Softmax does not depend on the shift, so no gradient
 * passes through the maximum.
 */
export function shiftBelowZero(x: Tensor, axis: number): { shifted: Tensor; seen: Tensor } {
  const maximum = reduceAxes("max", "max", x, { axis, keepDims: true }, -Infinity);
  const seen = notEqual(maximum, -Infinity);
  return { shifted: sub(x, where(seen, maximum, 0)), seen };
}

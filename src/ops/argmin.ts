import type { Tensor } from "../tensor/tensor.ts";
import { argExtremum } from "./support/lines.ts";
import type { ReduceOptions } from "./support/reduce.ts";

/**
 * The place of the smallest element along `axis`, the first of equals, as i32; of the first NaN if there is one. Over all axes (the
 * default) or several, the place in their elements in row-major order. No gradient.
 *
 * @throws ShapeError for an empty axis
 */
export function argmin(x: Tensor, options: ReduceOptions = {}): Tensor {
  return argExtremum("argmin", "min", x, options);
}

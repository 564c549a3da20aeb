import type { Tensor } from "../tensor/tensor.ts";
import { extremum } from "./support/lines.ts";
import type { ReduceOptions } from "./support/reduce.ts";

/**
 * The smallest element along `axis` (default all); NaN if there is one. The gradient goes to the first of equals. i32 stays i32.
 *
 * @throws ShapeError for an empty axis
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  return extremum("min", x, options);
}

import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gatherAt } from "./support/gatherScatter.ts";
import { sortedPlaces } from "./support/order.ts";

export interface SortOptions {
  /** Default the last. */
  readonly axis?: number;
  /** Default false. */
  readonly descending?: boolean;
}

/** Elements in sorted order, and where each was along the axis, as i32. */
export interface Sorted {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** x sorted along `axis`; equals keep their order, NaN is the largest. The gradient goes back to where each value was. */
export function sort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Sorted {
  const indices = sortedPlaces("sort", x, axis, descending);
  return { values: gatherAt(x, indices, normalizeAxis("sort", axis, x.rank)), indices };
}

import { normalizeAxis } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";
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

/**
 * x sorted along `axis`; equals keep their order, NaN is the largest; a scalar is taken for a vector. The
 * gradient goes back to where each value was.
 */
export function sort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Sorted {
  const runtime = operands("sort", x);
  if (x.rank === 0) {
    return runtime.scope(() => {
      const { values, indices } = sort(reshape(x, [1]), { axis });
      return { values: reshape(values, []), indices: reshape(indices, []) };
    });
  }
  const indices = sortedPlaces("sort", x, axis, descending);
  return { values: gatherAt(x, indices, normalizeAxis("sort", axis, x.rank)), indices };
}

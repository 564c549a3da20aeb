import { ArgumentError } from "../errors.ts";
import { normalizeAxis } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AxisRange, slice } from "./slice.ts";
import { type Sorted, sort } from "./sort.ts";
import { gatherAt } from "./support/gatherScatter.ts";
import { sortedPlaces } from "./support/order.ts";

export interface TopkOptions {
  /** Default the last. */
  readonly axis?: number;
  /** Default true; false gives the smallest, in rising order. */
  readonly largest?: boolean;
}

/**
 * The k largest elements along `axis`, largest first, and where they were; the first of equals comes first,
 * NaN is the largest. A scalar has k = 1.
 */
export function topk(x: Tensor, k: number, { axis = -1, largest = true }: TopkOptions = {}): Sorted {
  const runtime = operands("topk", x);
  if (x.rank === 0) {
    if (k !== 1) throw new ArgumentError("topk", "k of 1 for a scalar", k);
    return sort(x, { axis });
  }
  const at = normalizeAxis("topk", axis, x.rank);
  const length = x.shape[at]!;
  if (!Number.isInteger(k) || k < 0 || k > length)
    throw new ArgumentError("topk", `k from 0 to ${length}`, k);
  return runtime.scope(() => {
    const first = x.shape.map((_, a): AxisRange => (a === at ? [0, k] : null));
    const indices = slice(sortedPlaces("topk", x, at, largest), first);
    return { values: gatherAt(x, indices, at), indices };
  });
}

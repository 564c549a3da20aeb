import { ArgumentError } from "../errors.ts";
import { normalizeAxis } from "../shape.ts";
import { tensor } from "../tensor/create.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { broadcastTo } from "./broadcastTo.ts";
import { indexSelect } from "./indexSelect.ts";
import { reshape } from "./reshape.ts";

/**
 * Each slice of x along `axis` repeated on the spot: `counts` times, or counts[i] times the i-th one. Without an axis x is flattened
 * first, as in PyTorch.
 *
 * ```ts
 * repeatInterleave(tensor([1, 2]), 3); // [1, 1, 1, 2, 2, 2]
 * repeatInterleave(tensor([1, 2]), [1, 2]); // [1, 2, 2]
 * ```
 */
export function repeatInterleave(
  x: Tensor,
  counts: number | readonly number[],
  { axis }: { readonly axis?: number } = {},
): Tensor {
  const runtime = operands("repeatInterleave", x);
  return runtime.scope(() => {
    const from = axis === undefined ? reshape(x, [x.size]) : x;
    const at = normalizeAxis("repeatInterleave", axis ?? 0, from.rank);
    checkCounts(counts, from.shape[at]!);
    if (typeof counts === "number") return repeatEach(from, counts, at);
    const places = counts.flatMap((count, i) => new Array<number>(count).fill(i));
    return indexSelect(from, tensor(Int32Array.from(places), { runtime }), { axis: at });
  });
}

/** Repeats along a new axis behind the old one, and merges the two. */
function repeatEach(x: Tensor, count: number, axis: number): Tensor {
  const one = reshape(x, x.shape.toSpliced(axis + 1, 0, 1));
  const all = broadcastTo(one, one.shape.with(axis + 1, count));
  return reshape(all, x.shape.with(axis, x.shape[axis]! * count));
}

function checkCounts(counts: number | readonly number[], length: number): void {
  const list = typeof counts === "number" ? [counts] : counts;
  const fits = typeof counts === "number" || counts.length === length;
  if (!fits || !list.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new ArgumentError("repeatInterleave", `a whole count from 0 on, or ${length}, one a slice`, counts);
  }
}

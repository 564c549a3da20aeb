import { ShapeError } from "../errors.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { slice } from "./slice.ts";
import { gatherAt } from "./support/gatherScatter.ts";
import { aroundAxis, checkIndices } from "./support/indices.ts";

/**
 * y[i, …, j, …] = x[i, …, index[i, …, j, …], …]: one index for each element of y along `axis`. Off that axis index may be smaller than x, as
 * in PyTorch; x is cut there.
 *
 * @throws ArgumentError naming the first index outside the axis
 */
export function gather(x: Tensor, index: Tensor, { axis }: { readonly axis: number }): Tensor {
  const runtime = operands("gather", x, index);
  const around = aroundAxis("gather", x, axis);
  const fits = index.rank === x.rank && index.shape.every((n, a) => a === around.axis || n <= x.shape[a]!);
  if (!fits) throw new ShapeError("gather", "an index no larger than x off the axis", x.shape, index.shape);
  checkIndices("gather", index, around.length);
  const isWhole = index.shape.every((n, a) => a === around.axis || n === x.shape[a]);
  if (isWhole) return gatherAt(x, index, around.axis);
  const corner = index.shape.map((n, a) => (a === around.axis ? null : ([0, n] as const)));
  return runtime.scope(() => gatherAt(slice(x, corner), index, around.axis));
}

import { ShapeError } from "../errors.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { pad } from "./pad.ts";
import { slice } from "./slice.ts";
import { scatterAt } from "./support/gatherScatter.ts";
import { aroundAxis, checkIndices } from "./support/indices.ts";
import { toFloat } from "./support/operand.ts";

/**
 * x with source[i, …, j, …] added at [i, …, index[i, …, j, …], …], in order of j; floats. index may be smaller than source, and off the axis
 * smaller than x, as in PyTorch: what it does not reach is left out.
 *
 * @throws ArgumentError naming the first index outside the axis
 */
export function scatterAdd(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  { axis }: { readonly axis: number },
): Tensor {
  const runtime = operands("scatterAdd", x, index, source);
  const { axis: at, length } = aroundAxis("scatterAdd", x, axis);
  const fits =
    index.rank === x.rank &&
    source.rank === x.rank &&
    index.shape.every((n, a) => n <= source.shape[a]! && (a === at || n <= x.shape[a]!));
  if (!fits) {
    const wanted = "an index no larger than source, and than x off the axis";
    throw new ShapeError("scatterAdd", wanted, x.shape, index.shape, source.shape);
  }
  checkIndices("scatterAdd", index, length);
  return runtime.scope(() => {
    const used = index.shape.every((n, a) => n === source.shape[a])
      ? source
      : slice(
          source,
          index.shape.map((n) => [0, n] as const),
        );
    const sums = scatterAt(toFloat(used), index, at, length);
    const missing = x.shape.map((n, a) => [0, n - sums.shape[a]!] as const);
    return add(x, missing.some(([, after]) => after > 0) ? pad(sums, missing) : sums);
  });
}

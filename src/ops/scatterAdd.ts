import { ShapeError } from "../errors.ts";
import { sameShape } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { scatterAt } from "./support/gatherScatter.ts";
import { aroundAxis, checkIndices } from "./support/indices.ts";

/**
 * x with source[i, …, j, …] added at [i, …, index[i, …, j, …], …], in order of j.  index, source: x's shape but along `axis`.
 *
 * @throws ArgumentError naming the first index outside the axis
 */
export function scatterAdd(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  { axis }: { readonly axis: number },
): Tensor {
  operands("scatterAdd", x, index, source);
  const around = aroundAxis("scatterAdd", x, axis);
  const fits = index.rank === x.rank && index.shape.every((n, a) => a === around.axis || n === x.shape[a]);
  if (!fits || !sameShape(index.shape, source.shape)) {
    throw new ShapeError(
      "scatterAdd",
      "index and source of x's shape off the axis",
      x.shape,
      index.shape,
      source.shape,
    );
  }
  checkIndices("scatterAdd", index, around.length);
  return add(x, scatterAt(source, index, around.axis, around.length));
}

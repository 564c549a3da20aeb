import { normalizeAxes } from "../shape.ts";
import { ones } from "../tensor/create.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { clone } from "./clone.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { asLines } from "./support/lines.ts";
import { type ReduceOptions, reducedShape } from "./support/reduce.ts";

/**
 * y = Π x over `axis` (default all). Over an empty axis: 1. An i32 x is multiplied as floats.
 *
 * Made of products of halves, so the gradient (the product of all others) needs no division by x and is right where x is 0.
 */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  const runtime = operands("prod", x);
  const axes = normalizeAxes("prod", options.axis, x.rank);
  const shape = reducedShape(x.shape, axes, options.keepDims ?? false);
  if (axes.some((axis) => x.shape[axis] === 0)) return ones(shape, { runtime });
  return runtime.scope(() => reshape(productOfLines(asLines(cast(x, runtime.floatType), axes)), shape));
}

/** [outer, length, inner] → [outer, 1, inner]. What is left over of an odd length goes to `rest`. */
function productOfLines(lines: Tensor): Tensor {
  if (lines.shape[1] === 1) return clone(lines);
  let product = lines;
  let rest: Tensor | null = null;
  for (let length = lines.shape[1]!; length > 1; length = product.shape[1]!) {
    const half = length >> 1;
    const part = (from: number, to: number) => slice(product, [null, [from, to]]);
    if (length % 2 === 1)
      rest = rest === null ? part(length - 1, length) : mul(rest, part(length - 1, length));
    product = mul(part(0, half), part(half, 2 * half));
  }
  return rest === null ? product : mul(product, rest);
}

import { type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";

/** The adjoint of broadcasting: sums x over the axes along which `shape` was stretched to x's shape. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const stretched = x.shape.flatMap((n, axis) =>
    axis < lead || (shape[axis - lead] === 1 && n !== 1) ? [axis] : [],
  );
  return reshape(sum(x, { axis: stretched }), shape);
}

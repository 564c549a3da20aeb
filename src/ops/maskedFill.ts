import { ShapeError } from "../errors.ts";
import { broadcastShapes, formatShape, sameShape } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { where } from "./where.ts";

/** `value` where the mask is not 0, else x. The mask broadcasts to x's shape. */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  operands("maskedFill", x, mask);
  if (!sameShape(broadcastShapes("maskedFill", x.shape, mask.shape), x.shape)) {
    throw new ShapeError("maskedFill", `a mask that broadcasts to ${formatShape(x.shape)}`, mask.shape);
  }
  return where(mask, value, x);
}

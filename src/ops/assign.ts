import { DTypeError, ShapeError } from "../errors.ts";
import { sameShape } from "../shape.ts";
import { noteWrite, operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyStrided } from "./support/copy.ts";
import { toFloat } from "./support/operand.ts";

/**
 * Writes the elements of `source` over those of `target`, in place and unrecorded; every handle on that storage sees them. An i32 source
 * may go into floats. Returns `target`.
 *
 * A backward that still needs the old elements throws `StaleTensorError`.
 */
export function assign(target: Tensor, source: Tensor): Tensor {
  operands("assign", target, source);
  if (!sameShape(target.shape, source.shape)) {
    throw new ShapeError("assign", "a source of the target's shape", target.shape, source.shape);
  }
  if (target.dtype === "i32" && source.dtype !== "i32") {
    throw new DTypeError("assign", "an i32 source for an i32 target (cast it first)", source.dtype);
  }
  const elements = target.dtype === "i32" ? source : toFloat(source);
  noteWrite("assign", target);
  copyStrided(target, elements, { shape: target.shape });
  if (elements !== source) elements.dispose();
  return target;
}

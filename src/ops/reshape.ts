import { ArgumentError, ShapeError } from "../errors.ts";
import { checkShape, type Shape, sizeOf } from "../shape.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The same elements in another shape, sharing x's storage. One size may be -1: it is what the others leave.
 *
 * ```ts
 * reshape(arange(6), [2, -1]); // [2, 3]
 * ```
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  operands("reshape", x);
  const y = x.alias(inferShape(x, shape));
  return record(y, reshapeRule, { inputs: [x], constants: x.shape });
}

const reshapeRule: Rule<Shape> = {
  op: "reshape",
  backward: ([dy], { constants: shape }) => [reshape(dy!, shape)],
};

function inferShape(x: Tensor, shape: Shape): Shape {
  const open = shape.indexOf(-1);
  if (shape.lastIndexOf(-1) !== open) throw new ArgumentError("reshape", "at most one size of -1", shape);
  const known = sizeOf(shape.filter((_, axis) => axis !== open));
  const full = open < 0 ? shape : shape.map((n, axis) => (axis === open ? x.size / known : n));
  if (open >= 0 && (known === 0 || x.size % known !== 0)) {
    throw new ShapeError("reshape", `a shape of ${x.size} elements`, x.shape, shape);
  }
  if (sizeOf(checkShape("reshape", full)) !== x.size) {
    throw new ShapeError("reshape", `a shape of ${x.size} elements`, x.shape, full);
  }
  return full;
}

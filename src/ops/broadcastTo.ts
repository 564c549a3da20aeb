import { ShapeError } from "../errors.ts";
import { broadcastShapes, broadcastStrides, type Shape, sameShape } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";
import { sumTo } from "./sumTo.ts";
import { copyStrided } from "./support/copy.ts";

/** x repeated along its axes of size 1, and along new axes in front, to `shape`; it shares x's storage if it has that shape already. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  const runtime = operands("broadcastTo", x);
  if (sameShape(x.shape, shape)) return reshape(x, shape);
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new ShapeError("broadcastTo", `a shape that broadcasts to [${shape.join(", ")}]`, x.shape);
  }
  const y = empty(runtime, shape, x.dtype);
  copyStrided(y, x, { shape, xStrides: broadcastStrides(x.shape, shape) });
  return record(y, broadcastToRule, { inputs: [x], constants: x.shape });
}

const broadcastToRule: Rule<Shape> = {
  op: "broadcastTo",
  backward: ([dy], { constants: shape }) => [sumTo(dy!, shape)],
};

import type { Shape } from "../shape.ts";
import { emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import { isFloatTensor, type Operand } from "./support/operand.ts";

/** y = a·b, broadcast. a, b: tensors or numbers. i32 where both are. */
export function mul(a: Operand, b: Operand): Tensor {
  if (isFloatTensor(a) && typeof b === "number") return mulScalar(a, b);
  if (isFloatTensor(b) && typeof a === "number") return mulScalar(b, a);
  return binary("mul", a, b, { floats: "mul", integers: "mulI32" }, (y, left, right) => {
    const others = isRecorded(right) ? [right, left] : [right];
    const saved = isRecorded(left) ? others : [left];
    return record(y, mulRule, { inputs: [left, right], saved, constants: [left.shape, right.shape] });
  });
}

/** ∂y/∂a = b, ∂y/∂b = a: each is saved where the other one wants a gradient, b before a. */
const mulRule: Rule<readonly [Shape, Shape]> = {
  op: "mul",
  backward: ([dy], { saved, constants: [aShape, bShape], needs }) => [
    needs[0] ? sumTo(mul(dy!, saved[0]!), aShape) : null,
    needs[1] ? sumTo(mul(dy!, saved.at(-1)!), bShape) : null,
  ],
};

function mulScalar(x: Tensor, value: number): Tensor {
  const { kernels } = operands("mul", x);
  const y = emptyLike(x);
  kernels.mulScalar(y.ptr, x.ptr, x.size, value);
  return record(y, mulScalarRule, { inputs: [x], constants: value });
}

const mulScalarRule: Rule<number> = {
  op: "mul",
  backward: ([dy], { constants: value }) => [mulScalar(dy!, value)],
};

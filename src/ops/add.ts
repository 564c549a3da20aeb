import type { Shape } from "../shape.ts";
import { emptyLike, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import { isFloatTensor, type Operand } from "./support/operand.ts";

/** y = a + b, broadcast. a, b: tensors or numbers. i32 where both are. */
export function add(a: Operand, b: Operand): Tensor {
  if (isFloatTensor(a) && typeof b === "number") return addScalar(a, b);
  if (isFloatTensor(b) && typeof a === "number") return addScalar(b, a);
  return binary("add", a, b, { floats: "add", integers: "addI32" }, (y, left, right) =>
    record(y, addRule, { inputs: [left, right], constants: [left.shape, right.shape] }),
  );
}

const addRule: Rule<readonly [Shape, Shape]> = {
  op: "add",
  backward: ([dy], { constants: [aShape, bShape], needs }) => [
    needs[0] ? sumTo(dy!, aShape) : null,
    needs[1] ? sumTo(dy!, bShape) : null,
  ],
};

function addScalar(x: Tensor, value: number): Tensor {
  const { kernels } = operands("add", x);
  const y = emptyLike(x);
  kernels.addScalar(y.ptr, x.ptr, x.size, value);
  return record(y, addScalarRule, { inputs: [x] });
}

const addScalarRule: Rule = { op: "add", backward: ([dy]) => [dy!] };

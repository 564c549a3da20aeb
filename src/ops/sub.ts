import type { Shape } from "../shape.ts";
import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { neg } from "./neg.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import { isFloatTensor, type Operand } from "./support/operand.ts";

/** y = a - b, broadcast. a, b: tensors or numbers. i32 where both are. */
export function sub(a: Operand, b: Operand): Tensor {
  if (isFloatTensor(a) && typeof b === "number") return add(a, -b);
  return binary("sub", a, b, { floats: "sub", integers: "subI32" }, (y, left, right) =>
    record(y, subRule, { inputs: [left, right], constants: [left.shape, right.shape] }),
  );
}

const subRule: Rule<readonly [Shape, Shape]> = {
  op: "sub",
  backward: ([dy], { constants: [aShape, bShape], needs }) => [
    needs[0] ? sumTo(dy!, aShape) : null,
    needs[1] ? neg(sumTo(dy!, bShape)) : null,
  ],
};

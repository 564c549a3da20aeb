import { isRecorded, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";

/** y = a/b, broadcast. a, b: tensors or numbers. i32 operands are divided as floats. */
export function div(a: Operand, b: Operand): Tensor {
  return binary("div", a, b, { floats: "div" }, (y, left, right) =>
    record(y, divRule, {
      inputs: [left, right],
      saved: isRecorded(right) ? [right, y] : [right],
      constants: left.shape,
    }),
  );
}

/** ∂y/∂a = 1/b, ∂y/∂b = -a/b² = -y/b. */
const divRule: Rule<readonly number[]> = {
  op: "div",
  backward: ([dy], { saved: [b, y], constants: aShape, needs }) => {
    const dyOverB = div(dy!, b!);
    return [
      needs[0] ? sumTo(dyOverB, aShape) : null,
      needs[1] ? neg(sumTo(mul(dyOverB, y!), b!.shape)) : null,
    ];
  },
};

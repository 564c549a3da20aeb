import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { lessEqual } from "./lessEqual.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";
import { where } from "./where.ts";

/**
 * The smaller of a and b, broadcast; NaN if either is. a, b: tensors or numbers. i32 where both are. Of two equals the first gets the
 * gradient.
 */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary("minimum", a, b, { floats: "minimum", integers: "minimumI32" }, (y, left, right) =>
    record(y, minimumRule, { inputs: [left, right], saved: [left, right] }),
  );
}

const minimumRule: Rule = {
  op: "minimum",
  backward: ([dy], { saved: [a, b], needs }) => {
    const first = lessEqual(a!, b!);
    return [
      needs[0] ? sumTo(where(first, dy!, 0), a!.shape) : null,
      needs[1] ? sumTo(where(first, 0, dy!), b!.shape) : null,
    ];
  },
};

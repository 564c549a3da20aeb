import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { greaterEqual } from "./greaterEqual.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";
import { where } from "./where.ts";

/**
 * The larger of a and b, broadcast; NaN if either is. a, b: tensors or numbers. i32 where both are. Of two equals the first gets the
 * gradient.
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary("maximum", a, b, { floats: "maximum", integers: "maximumI32" }, (y, left, right) =>
    record(y, maximumRule, { inputs: [left, right], saved: [left, right] }),
  );
}

const maximumRule: Rule = {
  op: "maximum",
  backward: ([dy], { saved: [a, b], needs }) => {
    const first = greaterEqual(a!, b!);
    return [
      needs[0] ? sumTo(where(first, dy!, 0), a!.shape) : null,
      needs[1] ? sumTo(where(first, 0, dy!), b!.shape) : null,
    ];
  },
};

import type { Tensor } from "../tensor/tensor.ts";
import { logicalNot } from "./logicalNot.ts";
import { compare } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";

/** 1 where a ≠ b, else 0, broadcast; NaN differs from all. a, b: tensors or numbers, i32 compared exactly. No gradient. */
export function notEqual(a: Operand, b: Operand): Tensor {
  const equals = compare("notEqual", a, b, { floats: "equal", integers: "equalI32" });
  const y = logicalNot(equals);
  equals.dispose();
  return y;
}

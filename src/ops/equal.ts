import type { Tensor } from "../tensor/tensor.ts";
import { compare } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";

/** 1 where a = b, else 0, broadcast; NaN equals nothing. a, b: tensors or numbers, i32 compared exactly. No gradient. */
export function equal(a: Operand, b: Operand): Tensor {
  return compare("equal", a, b, { floats: "equal", integers: "equalI32" });
}

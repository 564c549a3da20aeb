import type { Tensor } from "../tensor/tensor.ts";
import { compare } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";

/** 1 where a ≥ b, else 0, broadcast. a, b: tensors or numbers, i32 compared exactly. No gradient. */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  return compare("greaterEqual", b, a, { floats: "lessEqual", integers: "lessEqualI32" });
}

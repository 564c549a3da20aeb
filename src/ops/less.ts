import type { Tensor } from "../tensor/tensor.ts";
import { compare } from "./support/binary.ts";
import type { Operand } from "./support/operand.ts";

/** 1 where a < b, else 0, broadcast. a, b: tensors or numbers, i32 compared exactly. No gradient. */
export function less(a: Operand, b: Operand): Tensor {
  return compare("less", a, b, { floats: "less", integers: "lessI32" });
}

import type { Tensor } from "../tensor/tensor.ts";
import { compare } from "./support/binary.ts";

/** 1 where x is 0, else 0. No gradient. */
export function logicalNot(x: Tensor): Tensor {
  return compare("logicalNot", x, 0, { floats: "equal", integers: "equalI32" });
}

import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { minimum } from "./minimum.ts";
import { notEqual } from "./notEqual.ts";

/** 1 where neither a nor b is 0, else 0, broadcast. No gradient. */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  return operands("logicalAnd", a, b).scope(() => minimum(notEqual(a, 0), notEqual(b, 0)));
}

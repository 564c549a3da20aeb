import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maximum } from "./maximum.ts";
import { notEqual } from "./notEqual.ts";

/** 1 where a or b is not 0, else 0, broadcast. No gradient. */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  return operands("logicalOr", a, b).scope(() => maximum(notEqual(a, 0), notEqual(b, 0)));
}

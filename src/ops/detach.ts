import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The same elements, sharing x's storage, without a graph: no gradient passes. */
export function detach(x: Tensor): Tensor {
  operands("detach", x);
  return x.alias();
}

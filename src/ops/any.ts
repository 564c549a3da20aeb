import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { notEqual } from "./notEqual.ts";
import { type ReduceOptions, reduceAxes } from "./support/reduce.ts";

/** 1 where some element along `axis` (default all) is not 0, else 0. Over an empty axis: 0. No gradient. */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor {
  return operands("any", x).scope(() => reduceAxes("any", "max", notEqual(x, 0), options, 0));
}

import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { notEqual } from "./notEqual.ts";
import { type ReduceOptions, reduceAxes } from "./support/reduce.ts";

/** 1 where no element along `axis` (default all) is 0, else 0. Over an empty axis: 1. No gradient. */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  return operands("all", x).scope(() => reduceAxes("all", "min", notEqual(x, 0), options, 1));
}

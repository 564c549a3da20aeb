import { normalizeAxes, type Shape } from "../shape.ts";
import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { broadcastTo } from "./broadcastTo.ts";
import { reshape } from "./reshape.ts";
import { type ReduceOptions, reduceAxes } from "./support/reduce.ts";

/**
 * y = Σ x over `axis` (default all). Over an empty axis: 0. An i32 x is summed as floats.
 *
 * ```ts
 * sum(tensor([[1, 2], [3, 4]]), { axis: 0 }); // [4, 6]
 * ```
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const y = reduceAxes("sum", "sum", x, options, 0);
  const axes = normalizeAxes("sum", options.axis, x.rank);
  return record(y, sumRule, { inputs: [x], constants: { shape: x.shape, axes } });
}

const sumRule: Rule<{ readonly shape: Shape; readonly axes: readonly number[] }> = {
  op: "sum",
  backward: ([dy], { constants: { shape, axes } }) => {
    const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return [broadcastTo(reshape(dy!, kept), shape)];
  },
};

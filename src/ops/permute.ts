import { ArgumentError } from "../errors.ts";
import { normalizeAxis, stridesOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyStrided } from "./support/copy.ts";

/** The axes of x in another order: axis i of the result is axis `axes[i]` of x. Copies. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const runtime = operands("permute", x);
  const order = axes.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ArgumentError("permute", `each of the ${x.rank} axes once`, axes);
  }
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis]!);
  const y = empty(runtime, shape, x.dtype);
  copyStrided(y, x, { shape, xStrides: order.map((axis) => strides[axis]!) });
  return record(y, permuteRule, { inputs: [x], constants: order });
}

const permuteRule: Rule<readonly number[]> = {
  op: "permute",
  backward: ([dy], { constants: order }) => [
    permute(
      dy!,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
};

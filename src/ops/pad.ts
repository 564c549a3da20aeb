import { ArgumentError } from "../errors.ts";
import { stridesOf } from "../shape.ts";
import { full } from "../tensor/create.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AxisRange, slice } from "./slice.ts";
import { copyStrided } from "./support/copy.ts";

/** How many elements to put before and after an axis. */
export type Padding = readonly [before: number, after: number];

/**
 * x with `value` (default 0) around it; one pair for each axis, the first axis first (PyTorch's list begins with the last one).
 *
 * ```ts
 * pad(x, [[0, 0], [1, 2]]); // [T, C] → [T, 1 + C + 2]
 * ```
 */
export function pad(
  x: Tensor,
  paddings: readonly Padding[],
  { value = 0 }: { readonly value?: number } = {},
): Tensor {
  const runtime = operands("pad", x);
  if (paddings.length !== x.rank) throw new ArgumentError("pad", `${x.rank} pairs, one an axis`, paddings);
  for (const padding of paddings) {
    if (padding.length !== 2 || !padding.every((n) => Number.isInteger(n) && n >= 0)) {
      throw new ArgumentError("pad", "pairs of whole numbers from 0 on", padding);
    }
  }
  const shape = x.shape.map((n, axis) => paddings[axis]![0] + n + paddings[axis]![1]);
  const y = full(shape, value, { dtype: x.dtype, runtime });
  const yStrides = stridesOf(shape);
  const yOffset = paddings.reduce((offset, [before], axis) => offset + before * yStrides[axis]!, 0);
  copyStrided(y, x, { shape: x.shape, yStrides, yOffset });
  const inside = x.shape.map((n, axis): AxisRange => [paddings[axis]![0], paddings[axis]![0] + n]);
  return record(y, padRule, { inputs: [x], constants: inside });
}

const padRule: Rule<readonly AxisRange[]> = {
  op: "pad",
  backward: ([dy], { constants: inside }) => [slice(dy!, inside)],
};

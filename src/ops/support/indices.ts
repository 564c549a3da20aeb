import { ArgumentError } from "../../errors.ts";
import { normalizeAxis } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { needIndices } from "./operand.ts";
import { around } from "./reduce.ts";

/** Refuses indices that are not i32 or not from 0 to length - 1. */
export function checkIndices(op: string, index: Tensor, length: number): void {
  needIndices(op, index);
  if (index.size === 0) return;
  const values = index.runtime.ints(index.ptr, index.size);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < 0 || value >= length) {
      throw new ArgumentError(op, `indices from 0 to ${length - 1}`, `${value} at place ${i}`);
    }
  }
}

/** x seen as [outer, length, inner] around one axis. */
export function aroundAxis(
  op: string,
  x: Tensor,
  axis: number,
): { axis: number; outer: number; length: number; inner: number } {
  const at = normalizeAxis(op, axis, x.rank);
  return { axis: at, ...around(x.shape, at) };
}

import { type Shape, sizeOf, stridesOf } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { indexAt } from "../../src/testing/indexAt.ts";

/**
 * Row-major elements of a tensor whose element at each index is f(index): the plainest way to state what an
 * op gives.
 */
export function byIndex(shape: Shape, f: (index: readonly number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => f(indexAt(i, shape)));
}

/** Reads x at an index. */
export function reader(x: Tensor): (index: readonly number[]) => number {
  const values = x.toTypedArray();
  const strides = stridesOf(x.shape);
  return (index) => values[index.reduce((offset, i, axis) => offset + i * strides[axis]!, 0)]!;
}

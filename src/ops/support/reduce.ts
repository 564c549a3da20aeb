import { normalizeAxes, type Shape, sizeOf } from "../../shape.ts";
import { empty, operands } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { toFloat } from "./operand.ts";

/** Along which axes, and whether they stay as axes of size 1. Defaults: all, and no. */
export interface ReduceOptions {
  readonly axis?: number | readonly number[];
  readonly keepDims?: boolean;
}

/** The shape that remains when `axes` are reduced. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** How many elements are reduced to one. */
export function lengthOf(shape: Shape, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis]!));
}

/** x seen as [outer, length, inner] with neighbouring axes `first … last` in the middle. */
export function around(
  shape: Shape,
  first: number,
  last = first,
): { outer: number; length: number; inner: number } {
  return {
    outer: sizeOf(shape.slice(0, first)),
    length: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
  };
}

/** Kernels whose results can be reduced again: by themselves, squares by `sum`. */
type ReduceName = "sum" | "sumOfSquares" | "max" | "min";

/**
 * Reduces `axes` with a kernel, group of neighbouring axes by group, from the last one; not recorded. An i32 input is read as floats.
 * `ifEmpty` fills the result where an axis that is reduced has size 0.
 */
export function reduceAxes(
  op: string,
  name: ReduceName,
  input: Tensor,
  { axis, keepDims = false }: ReduceOptions,
  ifEmpty: number,
): Tensor {
  const { kernels } = operands(op, input);
  const axes = normalizeAxes(op, axis, input.rank);
  const y = empty(input.runtime, reducedShape(input.shape, axes, keepDims));
  if (axes.some((a) => input.shape[a] === 0)) {
    kernels.fill(y.ptr, y.size, ifEmpty);
    return y;
  }
  const groups = axes.length === 0 ? [null] : neighbours(axes);
  let current = toFloat(input);
  groups.forEach((group, i) => {
    const { outer, length, inner } = around(
      current.shape,
      ...(group ?? ([current.rank, current.rank] as const)),
    );
    const kept = current.shape.map((n, a) => (group && a >= group[0] && a <= group[1] ? 1 : n));
    const target = i === groups.length - 1 ? y : empty(input.runtime, kept);
    kernels[i > 0 && name === "sumOfSquares" ? "sum" : name](target.ptr, current.ptr, outer, length, inner);
    if (current !== input) current.dispose();
    current = target;
  });
  return y;
}

/** Sorted axes as runs [first, last] of neighbours, the last run first, so that earlier axes keep their numbers. */
function neighbours(axes: readonly number[]): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const axis of axes) {
    const run = runs.at(-1);
    if (run && run[1] === axis - 1) run[1] = axis;
    else runs.push([axis, axis]);
  }
  return runs.reverse();
}

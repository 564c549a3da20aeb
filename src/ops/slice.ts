import { ArgumentError } from "../errors.ts";
import { type Shape, stridesOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyStrided } from "./support/copy.ts";

/** One index, which drops its axis; [start, end, step?], end excluded; or null, the whole axis. Negative numbers count from the end. */
export type AxisRange = number | readonly [start: number | null, end: number | null, step?: number] | null;

/**
 * Part of x. Axes without a range are taken whole; ends beyond an axis are cut, as in Python.
 *
 * ```ts
 * slice(x, [0, [1, 3]]); // x[0, 1:3]
 * slice(x, [null, [null, null, -1]]); // x[:, ::-1]
 * ```
 *
 * @throws ArgumentError for a single index outside its axis, a step of 0, or more ranges than axes
 */
export function slice(x: Tensor, ranges: readonly AxisRange[]): Tensor {
  operands("slice", x);
  if (ranges.length > x.rank) throw new ArgumentError("slice", `at most ${x.rank} ranges`, ranges);
  const selections = x.shape.map((n, axis) => select(ranges[axis] ?? null, n, axis));
  return window(x, windowOf(x.shape, selections));
}

/** The indices start, start + step, … along one axis. */
interface Selection {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly drop: boolean;
}

function select(range: AxisRange, n: number, axis: number): Selection {
  if (range === null) return { start: 0, step: 1, count: n, drop: false };
  if (typeof range === "number") {
    const index = range < 0 ? range + n : range;
    if (!Number.isInteger(range) || index < 0 || index >= n) {
      throw new ArgumentError(`slice, axis ${axis}`, `an index from ${-n} to ${n - 1}`, range);
    }
    return { start: index, step: 1, count: 1, drop: true };
  }
  const [from, to, step = 1] = range;
  if (!Number.isInteger(step) || step === 0)
    throw new ArgumentError(`slice, axis ${axis}`, "a whole step other than 0", step);
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? n : n - 1;
  const bound = (value: number | null, missing: number) => {
    if (value === null) return missing;
    if (!Number.isInteger(value)) throw new ArgumentError(`slice, axis ${axis}`, "whole bounds", range);
    return Math.min(high, Math.max(low, value < 0 ? value + n : value));
  };
  const start = bound(from, step > 0 ? low : high);
  const end = bound(to, step > 0 ? high : low);
  return { start, step, count: Math.max(0, Math.ceil((end - start) / step)), drop: false };
}

/** Where a slice lies in the tensor it was cut from. */
interface Window {
  /** Of the whole. */
  readonly whole: Shape;
  /** Of the slice. */
  readonly shape: Shape;
  /** Steps in the whole along the axes of the slice. */
  readonly strides: readonly number[];
  readonly offset: number;
}

function windowOf(whole: Shape, selections: readonly Selection[]): Window {
  const strides = stridesOf(whole);
  const kept = selections.flatMap((selection, axis) => (selection.drop ? [] : [axis]));
  return {
    whole,
    shape: kept.map((axis) => selections[axis]!.count),
    strides: kept.map((axis) => strides[axis]! * selections[axis]!.step),
    offset: selections.reduce((sum, { start }, axis) => sum + start * strides[axis]!, 0),
  };
}

/** What lies in the window. */
function window(x: Tensor, at: Window): Tensor {
  const y = empty(x.runtime, at.shape, x.dtype);
  copyStrided(y, x, { shape: at.shape, xStrides: at.strides, xOffset: at.offset });
  return record(y, windowRule, { inputs: [x], constants: at });
}

/** The adjoint: zeros with x in the window. */
function windowInto(x: Tensor, at: Window): Tensor {
  const y = empty(x.runtime, at.whole, x.dtype);
  x.runtime.kernels.fill(y.ptr, y.size, 0);
  copyStrided(y, x, { shape: at.shape, yStrides: at.strides, yOffset: at.offset });
  return record(y, windowIntoRule, { inputs: [x], constants: at });
}

const windowRule: Rule<Window> = {
  op: "slice",
  backward: ([dy], { constants: at }) => [windowInto(dy!, at)],
};

const windowIntoRule: Rule<Window> = {
  op: "slice",
  backward: ([dy], { constants: at }) => [window(dy!, at)],
};

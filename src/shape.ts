import { ArgumentError, ShapeError } from "./errors.ts";

/** Sizes of a tensor's axes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Steps in elements from one index to the next along each axis of a contiguous row-major tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The common shape of a and b by numpy's rule: align at the last axis, an axis of 1 stretches. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 1; axis <= rank; axis++) {
    const n = a[a.length - axis] ?? 1;
    const m = b[b.length - axis] ?? 1;
    if (n !== m && n !== 1 && m !== 1) throw new ShapeError(op, "shapes that broadcast", a, b);
    shape[rank - axis] = n === 1 ? m : n;
  }
  return shape;
}

/** Strides with which a tensor of `shape` is read as if it were broadcast to `target`: 0 along stretched axes. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : strides[axis - lead]!));
}

/** An axis counted from the front; negative ones count from the end. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new ArgumentError(op, `an axis from ${-rank} to ${rank - 1}`, axis);
  }
  return normal;
}

/** All axes, one, or several, as a sorted list without repetition. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  const normal = list.map((axis) => normalizeAxis(op, axis, rank)).sort((a, b) => a - b);
  if (normal.some((axis, i) => axis === normal[i + 1])) throw new ArgumentError(op, "distinct axes", list);
  return normal;
}

/** Refuses what is not a list of whole sizes from 0 on. */
export function checkShape(op: string, shape: Shape): Shape {
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) throw new ArgumentError(op, "whole sizes from 0 on", shape);
  }
  return shape;
}

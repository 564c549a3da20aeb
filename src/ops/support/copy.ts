import { type Shape, stridesOf } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Which elements move where; steps and offsets in elements. */
export interface Move {
  /** Sizes of the index space. */
  readonly shape: Shape;
  /** Default: contiguous over `shape`. */
  readonly yStrides?: readonly number[];
  readonly xStrides?: readonly number[];
  readonly yOffset?: number;
  readonly xOffset?: number;
}

/** Axes that the copy kernel loops over by itself. */
const KERNEL_AXES = 4;

/** y[yOffset + Σ iₐ·yStridesₐ] = x[xOffset + Σ iₐ·xStridesₐ] over all indices; any rank, blind to dtype. */
export function copyStrided(y: Tensor, x: Tensor, move: Move): void {
  const { shape, yOffset = 0, xOffset = 0 } = move;
  if (shape.includes(0)) return;
  const { yStrides = stridesOf(shape), xStrides = stridesOf(shape) } = move;
  const axes = merge(shape, yStrides, xStrides);
  const outer = Math.max(0, axes.length - KERNEL_AXES);
  const fromEnd = (place: number) => axes[axes.length - place] ?? ONE;
  const [a, b, c, d] = [fromEnd(4), fromEnd(3), fromEnd(2), fromEnd(1)];
  const visit = (axis: number, yAt: number, xAt: number): void => {
    if (axis === outer) {
      y.runtime.kernels.copy(
        y.ptr,
        x.ptr,
        yAt,
        xAt,
        a.size,
        b.size,
        c.size,
        d.size,
        a.y,
        b.y,
        c.y,
        d.y,
        a.x,
        b.x,
        c.x,
        d.x,
      );
      return;
    }
    const { size, y: yStep, x: xStep } = axes[axis]!;
    for (let i = 0; i < size; i++) visit(axis + 1, yAt + i * yStep, xAt + i * xStep);
  };
  visit(0, yOffset, xOffset);
}

interface Axis {
  readonly size: number;
  readonly y: number;
  readonly x: number;
}

const ONE: Axis = { size: 1, y: 0, x: 0 };

/** Merges neighbouring axes along which both sides go on where they left off. */
function merge(shape: Shape, yStrides: readonly number[], xStrides: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const axis: Axis = { size, y: yStrides[i]!, x: xStrides[i]! };
    const last = axes.at(-1);
    if (last && last.y === size * axis.y && last.x === size * axis.x) {
      axes[axes.length - 1] = { size: last.size * size, y: axis.y, x: axis.x };
    } else axes.push(axis);
  });
  return axes;
}

import { ArgumentError, ShapeError } from "../../errors.ts";
import { sizeOf } from "../../shape.ts";
import { emptyLike, operands } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { copyStrided } from "./copy.ts";

export interface DiagonalOptions {
  /** 0 (default): the main diagonal; above it positive, below it negative. */
  readonly diagonal?: number;
}

/** Refuses a diagonal that is no whole number. */
export function checkDiagonal(op: string, diagonal: number): void {
  if (!Number.isInteger(diagonal)) throw new ArgumentError(op, "a whole diagonal", diagonal);
}

/**
 * x with 0 off the diagonals `lowest … highest`, which are numbered by column - row; not recorded.  x: [..., m, n]
 *
 * The rest is left out, not multiplied away: where x is infinite or NaN it becomes 0 as well.
 */
export function keepBand(op: string, x: Tensor, lowest: number, highest: number): Tensor {
  const { kernels } = operands(op, x);
  if (x.rank < 2) throw new ShapeError(op, "[..., m, n]", x.shape);
  const y = emptyLike(x);
  kernels.fill(y.ptr, y.size, 0);
  const [m, n] = x.shape.slice(-2) as [number, number];
  const matrices = sizeOf(x.shape.slice(0, -2));
  const strides = [m * n, 1];
  for (let row = 0; row < m; row++) {
    const start = Math.max(0, row + lowest);
    const end = Math.min(n, row + highest + 1);
    if (start >= end) continue;
    const offset = row * n + start;
    const place = { yStrides: strides, xStrides: strides, yOffset: offset, xOffset: offset };
    copyStrided(y, x, { shape: [matrices, end - start], ...place });
  }
  return y;
}

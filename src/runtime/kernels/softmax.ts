import type { Ptr } from "./pointer.ts";

/**
 * Over rows of `width` contiguous elements. A row of only -∞ gives 0 (logSoftmax: -∞), and softmax's gradient
 * there is 0. A row with +∞ or NaN gives NaN. Results are within a few ulp of the exact ones of the same
 * operands, the order of the sums is free.
 */
export interface SoftmaxKernels {
  /** y = exp(x - max x) / Σ exp(x - max x). y may be x. */
  softmax(y: Ptr, x: Ptr, rows: number, width: number): void;
  /** dx = y·(dy - Σ dy·y). dx may be dy. */
  softmaxBackward(dx: Ptr, dy: Ptr, y: Ptr, rows: number, width: number): void;
  /** y = x - max x - log Σ exp(x - max x). y may be x. */
  logSoftmax(y: Ptr, x: Ptr, rows: number, width: number): void;
  /** dx = dy - exp(y)·Σ dy. dx may be dy. */
  logSoftmaxBackward(dx: Ptr, dy: Ptr, y: Ptr, rows: number, width: number): void;
}

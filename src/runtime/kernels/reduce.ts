import type { Ptr } from "./pointer.ts";

/**
 * x: [outer, length, inner] → y: [outer, inner], reducing the middle.
 *
 * The order of a float sum is contract, the same for every implementation, size and thread:
 * - inner > 1: y[o, i] sums x[o, 0, i], x[o, 1, i], … in that order, in chunks of `SUM_CHUNK` terms whose
 *   sums are added in order (so that one million equal terms do not drown in rounding).
 * - inner = 1: a chunk of `SUM_CHUNK` terms is summed in 16 lanes (term t of the chunk goes to lane t mod
 *   16), the lanes are added pairwise: first l and l+8, then l and l+4, then l and l+2, then l and l+1; chunk
 *   sums are added in order.
 *
 * Chunks and totals start from 0.
 */
export type ReduceKernel = (y: Ptr, x: Ptr, outer: number, length: number, inner: number) => void;

/** Terms summed before the partial sum is added to the total. */
export const SUM_CHUNK = 1024;

export interface ReduceKernels {
  sum: ReduceKernel;
  /** Σ x², the square rounded before it is added; order as `sum`. */
  sumOfSquares: ReduceKernel;
  /** NaN if any term is NaN. */
  max: ReduceKernel;
  min: ReduceKernel;
  /** Index (i32) of the first largest term, of the first NaN if there is one. */
  argmax: ReduceKernel;
  argmin: ReduceKernel;
  /** y: [outer, length, inner], y[o, l, i] = Σ_{j ≤ l} x[o, j, i], added in order. */
  cumsum: ReduceKernel;
  /** y[0] = 1 if every one of the floats x[0 … size-1] is finite, else 0. */
  allFinite(y: Ptr, x: Ptr, size: number): void;
}

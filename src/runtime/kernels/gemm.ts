import type { Ptr } from "./pointer.ts";

/**
 * Terms of a product that are summed before they are added to the total. Contract, not tuning: c[i, j] is the sum over blocks
 * of 256 terms, each block summed from its first term in the order of p, the block sums added in order.
 */
export const GEMM_BLOCK = 256;

/** Elements of scratch that `gemm` and `gemmAddInto` may use for packed operands, whatever the shape. */
export const GEMM_SCRATCH = 512 * 1024;

/**
 * C = A·B over `batch` problems.  A[i, p] = a[aOffset + batchIndex·aBatch + i·aRow + p·aColumn]; B[p, j] likewise; C is row-major
 * with rows `cRow` apart. So a transpose is a pair of strides, and nothing is copied to make one:
 *
 *   A row-major (N): aRow = lda, aColumn = 1        A transposed (T): aRow = 1, aColumn = lda
 *
 * One of aRow, aColumn is 1, and one of bRow, bColumn. m, n, k > 0. C does not overlap A or B.
 */
export type GemmKernel = (
  c: Ptr,
  a: Ptr,
  b: Ptr,
  scratch: Ptr,
  cOffset: number,
  aOffset: number,
  bOffset: number,
  m: number,
  n: number,
  k: number,
  cRow: number,
  aRow: number,
  aColumn: number,
  bRow: number,
  bColumn: number,
  batch: number,
  cBatch: number,
  aBatch: number,
  bBatch: number,
) => void;

export interface GemmKernels {
  /** C = A·B. */
  gemm: GemmKernel;
  /** C += A·B: the product is summed as in `gemm`, and C is the first term of the sum of its blocks. */
  gemmAddInto: GemmKernel;
  /**
   * y[j] = Σ_p x[p]·w[j·wRow + p] for j < n, p < k: one row times a transposed matrix whose rows are contiguous, read at the speed
   * of memory. Its own order of sums: term p goes to lane p mod 16, in order; then lanes are added pairwise, l and l+8, l and
   * l+4, l and l+2, l and l+1.
   */
  rowTimesMatrix(
    y: Ptr,
    x: Ptr,
    w: Ptr,
    yOffset: number,
    xOffset: number,
    wOffset: number,
    n: number,
    k: number,
    wRow: number,
  ): void;
}

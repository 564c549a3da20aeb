import { GEMM_SCRATCH } from "../../runtime/kernels/gemm.ts";
import type { Ptr } from "../../runtime/kernels/index.ts";
import type { Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mergeAxes } from "./broadcast.ts";

/** y[..., m, n] = a·b. A transpose is a pair of steps: the kernel reads the operands where they lie. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Leading axes of the result, and of each operand, to be broadcast. */
  readonly batch: Shape;
  readonly aBatch: Shape;
  readonly bBatch: Shape;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Writes a product into y, whose elements may be unset; not recorded. k = 0 gives zeros. */
export function runProduct(y: Tensor, a: Tensor, b: Tensor, product: Product): void {
  const { m, n, k, batch, aBatch, bBatch, transposeA, transposeB } = product;
  const { kernels } = y.runtime;
  if (k === 0 || y.size === 0) {
    kernels.fill(y.ptr, y.size, 0);
    return;
  }
  if (y.size === n && transposeB) {
    // One row in all: its own kernel, which reads the matrix at the speed of memory.
    kernels.rowTimesMatrix(y.ptr, a.ptr, b.ptr, 0, 0, 0, n, k, k);
    return;
  }
  if (y.size === m && !transposeA) {
    // One column in all: the same, with the operands exchanged.
    kernels.rowTimesMatrix(y.ptr, b.ptr, a.ptr, 0, 0, 0, m, k, k);
    return;
  }
  y.runtime.scratch(GEMM_SCRATCH, (scratch) => {
    if (batch.length === 0) runGemm(y, a, b, scratch, product, 0, 0, 0, 1, 0, 0);
    else runBatch(y, a, b, scratch, product, aBatch, bBatch);
  });
}

/** The products of a batch: the innermost axis is the kernel's, the others are visited here. */
function runBatch(
  y: Tensor,
  a: Tensor,
  b: Tensor,
  scratch: Ptr,
  product: Product,
  aBatch: Shape,
  bBatch: Shape,
): void {
  const { m, n, k } = product;
  const { sizes, strides } = mergeAxes(product.batch, [aBatch, bBatch]);
  const [aSteps, bSteps] = strides as [readonly number[], readonly number[]];
  const inner = sizes.length - 1;
  const count = sizes[inner] ?? 1;
  const aBatchStep = (aSteps[inner] ?? 0) * m * k;
  const bBatchStep = (bSteps[inner] ?? 0) * k * n;
  const visit = (axis: number, yAt: number, aAt: number, bAt: number): void => {
    if (axis >= inner) {
      runGemm(y, a, b, scratch, product, yAt * count, aAt, bAt, count, aBatchStep, bBatchStep);
      return;
    }
    for (let i = 0; i < sizes[axis]!; i++) {
      visit(axis + 1, yAt * sizes[axis]! + i, aAt + i * aSteps[axis]!, bAt + i * bSteps[axis]!);
    }
  };
  visit(0, 0, 0, 0);
}

/** One call of the kernel. yAt, aAt and bAt count matrices. */
function runGemm(
  y: Tensor,
  a: Tensor,
  b: Tensor,
  scratch: Ptr,
  { m, n, k, transposeA, transposeB }: Product,
  yAt: number,
  aAt: number,
  bAt: number,
  count: number,
  aBatchStep: number,
  bBatchStep: number,
): void {
  y.runtime.kernels.gemm(
    y.ptr,
    a.ptr,
    b.ptr,
    scratch,
    yAt * m * n,
    aAt * m * k,
    bAt * k * n,
    m,
    n,
    k,
    n,
    transposeA ? 1 : k,
    transposeA ? m : 1,
    transposeB ? 1 : n,
    transposeB ? k : 1,
    count,
    m * n,
    aBatchStep,
    bBatchStep,
  );
}

import { GEMM_SCRATCH } from "../../runtime/kernels/gemm.ts";
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
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
  const { sizes, strides } = mergeAxes(batch, [aBatch, bBatch]);
  const [aSteps, bSteps] = strides as [readonly number[], readonly number[]];
  const inner = sizes.length - 1;
  y.runtime.scratch(GEMM_SCRATCH, (scratch) => {
    const visit = (axis: number, yAt: number, aAt: number, bAt: number): void => {
      if (axis < inner) {
        for (let i = 0; i < sizes[axis]!; i++) {
          visit(axis + 1, yAt * sizes[axis]! + i, aAt + i * aSteps[axis]!, bAt + i * bSteps[axis]!);
        }
        return;
      }
      const count = sizes[inner] ?? 1;
      kernels.gemm(
        y.ptr,
        a.ptr,
        b.ptr,
        scratch,
        yAt * count * m * n,
        aAt * m * k,
        bAt * k * n,
        m,
        n,
        k,
        n,
        aRow,
        aColumn,
        bRow,
        bColumn,
        count,
        m * n,
        (aSteps[inner] ?? 0) * m * k,
        (bSteps[inner] ?? 0) * k * n,
      );
    };
    visit(0, 0, 0, 0);
  });
}

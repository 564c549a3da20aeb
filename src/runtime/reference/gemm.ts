import { GEMM_BLOCK, type GemmKernel, type GemmKernels } from "../kernels/gemm.ts";
import type { FloatArray, Slots } from "./slots.ts";

/** Lanes among which a row times a matrix shares out its terms: part of the contract's order of sums. */
const LANES = 16;

/** Products by their definition, each product and each sum rounded, in the order that the contract states. */
export function gemmReference(slots: Slots): GemmKernels {
  const { round } = slots;

  /** Σ x[p]·y[p] for p in [from, to), from zero, in order. */
  function blockSum(x: (p: number) => number, y: (p: number) => number, from: number, to: number): number {
    let sum = 0;
    for (let p = from; p < to; p++) sum = round(sum + round(x(p) * y(p)));
    return sum;
  }

  /** C = A·B where `startsFromC` is false, C += A·B where it is true. */
  const product =
    (startsFromC: boolean): GemmKernel =>
    (
      cPtr, aPtr, bPtr, _scratch, cOffset, aOffset, bOffset,
      m, n, k, cRow, aRow, aColumn, bRow, bColumn, batch, cBatch, aBatch, bBatch,
    ) => {
      const c = slots.floats(cPtr);
      const a = slots.floats(aPtr);
      const b = slots.floats(bPtr);
      const element = (array: FloatArray, start: number, step: number) => (p: number) => array[start + p * step]!;
      for (let z = 0; z < batch; z++)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            const at = cOffset + z * cBatch + i * cRow + j;
            const row = element(a, aOffset + z * aBatch + i * aRow, aColumn);
            const column = element(b, bOffset + z * bBatch + j * bColumn, bRow);
            for (let p = 0; p < k; p += GEMM_BLOCK) {
              const sum = blockSum(row, column, p, Math.min(p + GEMM_BLOCK, k));
              c[at] = p > 0 || startsFromC ? c[at]! + sum : sum;
            }
          }
    };

  return {
    gemm: product(false),
    gemmAddInto: product(true),
    rowTimesMatrix(yPtr, xPtr, wPtr, yOffset, xOffset, wOffset, n, k, wRow) {
      const y = slots.floats(yPtr);
      const x = slots.floats(xPtr);
      const w = slots.floats(wPtr);
      for (let j = 0; j < n; j++) {
        const lanes = new Array<number>(LANES).fill(0);
        for (let p = 0; p < k; p++) {
          const term = round(x[xOffset + p]! * w[wOffset + j * wRow + p]!);
          lanes[p % LANES] = round(lanes[p % LANES]! + term);
        }
        for (let half = LANES / 2; half >= 1; half /= 2)
          for (let lane = 0; lane < half; lane++) lanes[lane] = round(lanes[lane]! + lanes[lane + half]!);
        y[yOffset + j] = lanes[0]!;
      }
    },
  };
}

import { GEMM_BLOCK, type GemmKernel, type GemmKernels } from "../kernels/gemm.ts";
import type { FloatArray, Slots } from "./slots.ts";

/** Lanes among which a row times a matrix shares out its terms: part of the contract's order of sums. */
const LANES = 16;

/** Products by their definition, each product and each sum rounded, in the order that the contract states. */
export function gemmReference(slots: Slots): GemmKernels {
  return {
    gemm: product(slots, false),
    gemmAddInto: product(slots, true),
    rowTimesMatrix(yPtr, xPtr, wPtr, yOffset, xOffset, wOffset, n, k, wRow) {
      const y = slots.floats(yPtr);
      const x = slots.floats(xPtr);
      const w = slots.floats(wPtr);
      for (let j = 0; j < n; j++) y[yOffset + j] = sumByLanes(slots, x, xOffset, w, wOffset + j * wRow, k);
    },
  };
}

/** C = A·B, or C += A·B: C is then the first term of the sum of its blocks. */
function product(slots: Slots, add: boolean): GemmKernel {
  // biome-ignore format: the arguments in the groups of the contract
  return (
    cPtr, aPtr, bPtr, _scratch, cOffset, aOffset, bOffset,
    m, n, k, cRow, aRow, aColumn, bRow, bColumn, batch, cBatch, aBatch, bBatch,
  ) => {
    const c = slots.floats(cPtr);
    const a = slots.floats(aPtr);
    const b = slots.floats(bPtr);
    for (let z = 0; z < batch; z++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          const at = cOffset + z * cBatch + i * cRow + j;
          const row = aOffset + z * aBatch + i * aRow;
          const column = bOffset + z * bBatch + j * bColumn;
          for (let p = 0; p < k; p += GEMM_BLOCK) {
            const terms = Math.min(GEMM_BLOCK, k - p);
            const sum = blockSum(slots, a, row + p * aColumn, aColumn, b, column + p * bRow, bRow, terms);
            c[at] = add || p > 0 ? c[at]! + sum : sum;
          }
        }
  };
}

/** Σ x·y over `terms` pairs that lie `xStep` and `yStep` apart, from zero, in order. */
function blockSum(
  { round }: Slots,
  x: FloatArray,
  xAt: number,
  xStep: number,
  y: FloatArray,
  yAt: number,
  yStep: number,
  terms: number,
): number {
  let sum = 0;
  for (let p = 0; p < terms; p++) sum = round(sum + round(x[xAt + p * xStep]! * y[yAt + p * yStep]!));
  return sum;
}

/**
 * Σ x·y over k pairs: lane p mod 16 takes pair p, then the upper half of the lanes is added to the lower
 * until one is left.
 */
function sumByLanes(
  { round }: Slots,
  x: FloatArray,
  xAt: number,
  y: FloatArray,
  yAt: number,
  k: number,
): number {
  const lanes = new Array<number>(LANES).fill(0);
  for (let p = 0; p < k; p++) lanes[p % LANES] = round(lanes[p % LANES]! + round(x[xAt + p]! * y[yAt + p]!));
  for (let half = LANES / 2; half >= 1; half /= 2)
    for (let lane = 0; lane < half; lane++) lanes[lane] = round(lanes[lane]! + lanes[lane + half]!);
  return lanes[0]!;
}

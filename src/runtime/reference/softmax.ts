import type { SoftmaxKernels } from "../kernels/softmax.ts";
import type { FloatArray, Slots } from "./slots.ts";

/** Sums are doubles, rounded when a result is stored. */
export function softmaxReference({ floats }: Slots): SoftmaxKernels {
  return {
    softmax(y, x, rows, width) {
      const to = floats(y);
      const from = floats(x);
      for (let r = 0; r < rows; r++) {
        const { max, sum } = rowStatistics(from, r * width, width);
        for (let i = r * width; i < (r + 1) * width; i++) {
          to[i] = max === -Infinity ? 0 : Math.exp(from[i]! - max) / sum;
        }
      }
    },
    softmaxBackward(dx, dy, y, rows, width) {
      const to = floats(dx);
      const cotangent = floats(dy);
      const probability = floats(y);
      for (let r = 0; r < rows; r++) {
        let mean = 0;
        for (let i = r * width; i < (r + 1) * width; i++) mean += cotangent[i]! * probability[i]!;
        for (let i = r * width; i < (r + 1) * width; i++) to[i] = probability[i]! * (cotangent[i]! - mean);
      }
    },
    logSoftmax(y, x, rows, width) {
      const to = floats(y);
      const from = floats(x);
      for (let r = 0; r < rows; r++) {
        const { max, sum } = rowStatistics(from, r * width, width);
        for (let i = r * width; i < (r + 1) * width; i++) {
          to[i] = max === -Infinity ? -Infinity : from[i]! - max - Math.log(sum);
        }
      }
    },
    logSoftmaxBackward(dx, dy, y, rows, width) {
      const to = floats(dx);
      const cotangent = floats(dy);
      const logarithm = floats(y);
      for (let r = 0; r < rows; r++) {
        let total = 0;
        for (let i = r * width; i < (r + 1) * width; i++) total += cotangent[i]!;
        for (let i = r * width; i < (r + 1) * width; i++) {
          to[i] = cotangent[i]! - Math.exp(logarithm[i]!) * total;
        }
      }
    },
  };
}

/** max x and Σ exp(x - max x) over `width` elements from `start` on. */
export function rowStatistics(x: FloatArray, start: number, width: number): { max: number; sum: number } {
  let max = -Infinity;
  for (let i = start; i < start + width; i++) max = Math.max(max, x[i]!);
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += Math.exp(x[i]! - max);
  return { max, sum };
}

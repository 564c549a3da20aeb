import type { CrossEntropyKernels } from "../kernels/crossEntropy.ts";
import type { Slots } from "./slots.ts";
import { rowStatistics } from "./softmax.ts";

/** Sums are doubles, rounded when a result is stored. */
export function crossEntropyReference({ floats, ints }: Slots): CrossEntropyKernels {
  return {
    crossEntropy(loss, logSumExp, logits, targets, rows, width, ignoreIndex, labelSmoothing) {
      const lossOf = floats(loss);
      const logSumExpOf = floats(logSumExp);
      const x = floats(logits);
      const target = ints(targets);
      for (let r = 0; r < rows; r++) {
        const { max, sum } = rowStatistics(x, r * width, width);
        const normalizer = max + Math.log(sum);
        let logitSum = 0;
        for (let i = r * width; i < (r + 1) * width; i++) logitSum += x[i]!;

        logSumExpOf[r] = normalizer;
        if (target[r] === ignoreIndex) lossOf[r] = 0;
        else {
          const chosen = x[r * width + target[r]!]!;
          const smoothing = labelSmoothing === 0 ? 0 : (labelSmoothing / width) * logitSum;
          lossOf[r] = normalizer - (1 - labelSmoothing) * chosen - smoothing;
        }
      }
    },
    crossEntropyBackward(
      dLogits,
      dLoss,
      logits,
      targets,
      logSumExp,
      rows,
      width,
      ignoreIndex,
      labelSmoothing,
    ) {
      const to = floats(dLogits);
      const cotangent = floats(dLoss);
      const x = floats(logits);
      const target = ints(targets);
      const normalizer = floats(logSumExp);
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < width; j++) {
          const i = r * width + j;
          const wanted = (j === target[r] ? 1 - labelSmoothing : 0) + labelSmoothing / width;
          const slope = Math.exp(x[i]! - normalizer[r]!) - wanted;
          to[i] = target[r] === ignoreIndex ? 0 : cotangent[r]! * slope;
        }
      }
    },
  };
}

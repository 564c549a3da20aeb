import type { Ptr } from "./pointer.ts";

/** logits, dLogits: [rows, width]; targets: [rows], i32; loss, dLoss, logSumExp: [rows]. */
export interface CrossEntropyKernels {
  /**
   * loss[r] = logSumExp[r] - (1-ε)·logits[r, target] - (ε/width)·Σ_j logits[r, j] with ε = labelSmoothing,
   * and 0 where target = ignoreIndex. logSumExp[r] = max + log Σ exp(logits - max) is written for backward,
   * ignored rows included.
   */
  crossEntropy(
    loss: Ptr,
    logSumExp: Ptr,
    logits: Ptr,
    targets: Ptr,
    rows: number,
    width: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ): void;
  /**
   * dLogits[r, j] = dLoss[r]·(exp(logits[r, j] - logSumExp[r]) - (1-ε)·[j = target] - ε/width); 0 in ignored
   * rows. dLogits may be logits itself.
   */
  crossEntropyBackward(
    dLogits: Ptr,
    dLoss: Ptr,
    logits: Ptr,
    targets: Ptr,
    logSumExp: Ptr,
    rows: number,
    width: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ): void;
}

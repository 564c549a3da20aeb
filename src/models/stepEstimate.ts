import { GEMM_SCRATCH } from "../runtime/kernels/gemm.ts";

/** All in bytes. */
export interface MemoryEstimate {
  readonly parameters: number;
  readonly gradients: number;
  /** AdamW's two moments. */
  readonly optimizer: number;
  /** What forward keeps for backward, or the key/value cache and one block's work when only running. */
  readonly activations: number;
  /** Logits and their gradient. */
  readonly logits: number;
  /** The most that is live at once. */
  readonly peak: number;
}

/** What a training step holds, in numbers. */
export interface StepNumbers {
  readonly parameters: number;
  /** What forward keeps for backward. */
  readonly activations: number;
  readonly logits: number;
  /** Gradients inside the block that backward begins with. */
  readonly firstGradients: number;
  /**
   * Gradients inside the block that backward ends with, and the embedding's once more before they are added.
   */
  readonly lastGradients: number;
}

export const F32_BYTES = 4;

/** The bytes of a step with AdamW. */
export function trainingEstimate(step: StepNumbers): MemoryEstimate {
  const parameters = F32_BYTES * step.parameters;
  const activations = F32_BYTES * step.activations;
  const logits = 2 * F32_BYTES * step.logits;
  // Backward begins with all activations and the logits, or the gradients of the last block, which come after
  // them; it ends with all gradients.
  const begin = activations + Math.max(logits, F32_BYTES * step.firstGradients);
  const end = parameters + F32_BYTES * step.lastGradients;
  return {
    parameters,
    gradients: parameters,
    optimizer: 2 * parameters,
    activations,
    logits,
    peak: 3 * parameters + Math.max(begin, end) + F32_BYTES * GEMM_SCRATCH,
  };
}

import type { Ptr } from "./pointer.ts";

export interface AdamwKernels {
  /**
   * One step of AdamW (Loshchilov & Hutter 2019, algorithm 2) in one pass over parameter p, moments m, v and
   * gradient g:
   *
   *   p ← p - p·(learningRate·weightDecay)
   *   m ← m·beta1 + g·(1-beta1)
   *   v ← v·beta2 + g²·(1-beta2)
   *   p ← p - stepSize·m / (√v·rootScale + eps)
   *
   * stepSize = learningRate/(1-beta1ᵗ) and rootScale = 1/√(1-beta2ᵗ) come from the caller in f64. Each
   * operation is rounded on its own, in the order written: (g·g)·(1-beta2); (stepSize·m)/(√v·rootScale +
   * eps).
   */
  adamw(
    parameter: Ptr,
    m: Ptr,
    v: Ptr,
    gradient: Ptr,
    size: number,
    decay: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    stepSize: number,
    rootScale: number,
    eps: number,
  ): void;
}

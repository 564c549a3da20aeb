import { GEMM_SCRATCH } from "../runtime/kernels/gemm.ts";
import {
  gradientsPerPosition,
  keptPerPosition,
  keyWidth,
  matrixSize,
  stackParameterCount,
} from "./blockEstimate.ts";
import { completeGptConfig, type GptConfig } from "./gptConfig.ts";
import { F32_BYTES, type MemoryEstimate, trainingEstimate } from "./stepEstimate.ts";

/** Numbers that a GPT learns; a tied head counts once. */
export function gptParameterCount(config: GptConfig): number {
  const full = completeGptConfig(config);
  const { width: C, vocabSize: V, tiedHead } = full;
  return V * C + stackParameterCount(full) + (tiedHead ? 0 : V * C);
}

/** Elements of memory that the weights take; those of 8 bits are four to an element. */
export function gptWeightSize(config: GptConfig, weights: "f32" | "int8"): number {
  const full = completeGptConfig(config);
  const heads = full.tiedHead ? 0 : full.vocabSize * full.width;
  const packed = weights === "int8" ? 0.75 * (full.layers * matrixSize(full) + heads) : 0;
  return gptParameterCount(full) - packed;
}

/**
 * Operations that training spends on one token: 6 for each weight of the matrices (2 forward, 4 backward),
 * and 12·L·C·T for attention, not halved for causality; a band counts as its window. Looking up embeddings is
 * free. (Kaplan et al. 2020, section 2.1; Chowdhery et al. 2022, appendix B.)
 */
export function flopsPerToken(config: GptConfig): number {
  const full = completeGptConfig(config);
  const { layers, width: C, vocabSize: V, contextLength: T, window = T, windowLayers } = full;
  const banded = windowLayers === "all" ? layers : Math.floor(layers / 2);
  const seen = banded * Math.min(window, T) + (layers - banded) * T;
  return 6 * (layers * matrixSize(full) + V * C) + 12 * C * seen;
}

export interface EstimateOptions {
  /** Training with AdamW, or running the model. */
  readonly mode: "training" | "inference";
  /** Sequences at once. Default 1. */
  readonly batch?: number;
  /** Positions per sequence. Default the model's context length. */
  readonly context?: number;
  /** Whether each block runs again in backward instead of keeping what it made. Default false. */
  readonly checkpoint?: boolean;
}

/** What a step will take, before anything is allocated. */
export function estimateMemory(config: GptConfig, options: EstimateOptions): MemoryEstimate {
  const full = completeGptConfig(config);
  const { layers: L, width: C, vocabSize: V, contextLength } = full;
  const { mode, batch = 1, context = contextLength, checkpoint = false } = options;
  const positions = batch * context;
  const perBlock = keptPerPosition(full);
  const parameters = F32_BYTES * gptParameterCount(config);
  const scratch = F32_BYTES * GEMM_SCRATCH;
  if (mode === "inference") {
    const cache = 2 * L * keyWidth(full) * contextLength * batch;
    const activations = F32_BYTES * (cache + positions * perBlock);
    const logits = F32_BYTES * positions * V;
    return {
      parameters,
      gradients: 0,
      optimizer: 0,
      activations,
      logits,
      peak: parameters + activations + logits + scratch,
    };
  }
  const blocks = checkpoint ? L * C + perBlock : L * perBlock;
  return trainingEstimate({
    parameters: gptParameterCount(config),
    activations: positions * (blocks + 3 * C),
    logits: positions * V,
    firstGradients: positions * gradientsPerPosition(full),
    lastGradients: V * C + positions * 12 * C,
  });
}

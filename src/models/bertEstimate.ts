import { type BertConfig, completeBertConfig } from "./bertConfig.ts";
import {
  gradientsPerPosition,
  keptPerPosition,
  matrixSize,
  normParameterCount,
  stackParameterCount,
} from "./blockEstimate.ts";
import { type MemoryEstimate, trainingEstimate } from "./stepEstimate.ts";

/** Numbers that a BERT learns, its heads of pre-training included. */
export function bertParameterCount(config: BertConfig): number {
  const full = completeBertConfig(config);
  const { width: C, vocabSize, segments } = full;
  const embeddings = (vocabSize + segments) * C + normParameterCount(full);
  const layer = (outputs: number) => outputs * C + (full.bias ? outputs : 0);
  const tokenHead = layer(C) + normParameterCount(full) + vocabSize;
  return embeddings + stackParameterCount(full) + layer(C) + tokenHead + layer(2);
}

/** Elements of memory that the weights take; those of 8 bits are four to an element. */
export function bertWeightSize(config: BertConfig, weights: "f32" | "int8"): number {
  const full = completeBertConfig(config);
  const { layers, width: C } = full;
  // The pooler and the two heads of pre-training are layers too.
  const packed = weights === "int8" ? 0.75 * (layers * matrixSize(full) + 2 * C * C + 2 * C) : 0;
  return bertParameterCount(full) - packed;
}

export interface BertEstimateOptions {
  /** Sequences at once. Default 1. */
  readonly batch?: number;
  /** Positions per sequence. Default the model's context length. */
  readonly context?: number;
  /** Share of the positions that are masked. Default 0.15. */
  readonly masked?: number;
}

/** What a step of pre-training with AdamW will take, before anything is allocated. */
export function estimateBertMemory(config: BertConfig, options: BertEstimateOptions = {}): MemoryEstimate {
  const full = completeBertConfig(config);
  const { layers, width: C, vocabSize: V, contextLength } = full;
  const { batch = 1, context = contextLength, masked = 0.15 } = options;
  const positions = batch * context;
  // Only masked positions go through the head: a layer, its activation and its norm.
  const inHead = masked * positions * 4 * C;
  return trainingEstimate({
    parameters: bertParameterCount(config),
    activations: positions * (layers * keptPerPosition(full) + 3 * C) + inHead,
    logits: masked * positions * V,
    firstGradients: positions * gradientsPerPosition(full),
    lastGradients: V * C + positions * 12 * C,
  });
}

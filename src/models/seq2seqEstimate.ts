import {
  gradientsPerPosition,
  keptForCrossAttention,
  keptPerPosition,
  keyWidth,
  stackParameterCount,
} from "./blockEstimate.ts";
import { completeSeq2SeqConfig, type Seq2SeqConfig } from "./seq2seqConfig.ts";
import { type MemoryEstimate, trainingEstimate } from "./stepEstimate.ts";

/** Numbers that an encoder-decoder learns; shared ones count once. */
export function seq2seqParameterCount(config: Seq2SeqConfig): number {
  const full = completeSeq2SeqConfig(config);
  const { width: C, sourceVocabSize, targetVocabSize, decoderLayers, sharedEmbedding, tiedHead } = full;
  const embeddings = C * (targetVocabSize + (sharedEmbedding ? 0 : sourceVocabSize));
  const decoder = stackParameterCount({ ...full, layers: decoderLayers }, true);
  return embeddings + stackParameterCount(full) + decoder + (tiedHead ? 0 : C * targetVocabSize);
}

export interface Seq2SeqEstimateOptions {
  /** Pairs at once. Default 1. */
  readonly batch?: number;
  /** Positions of each source. Default the model's context length. */
  readonly source?: number;
  /** Positions of each target. Default the model's context length. */
  readonly target?: number;
}

/** What a training step with AdamW will take, before anything is allocated. */
export function estimateSeq2SeqMemory(
  config: Seq2SeqConfig,
  options: Seq2SeqEstimateOptions = {},
): MemoryEstimate {
  const full = completeSeq2SeqConfig(config);
  const { layers, decoderLayers, width: C, sourceVocabSize, targetVocabSize: V, contextLength } = full;
  const { batch = 1, source = contextLength, target = contextLength } = options;
  const [sources, targets] = [batch * source, batch * target];
  // Every block of the decoder keeps keys and values of the source.
  const bySource = layers * keptPerPosition(full) + 3 * C + decoderLayers * 2 * keyWidth(full);
  const byTarget = decoderLayers * (keptPerPosition(full) + keptForCrossAttention(full)) + 3 * C;
  return trainingEstimate({
    parameters: seq2seqParameterCount(config),
    activations: sources * bySource + targets * byTarget,
    logits: targets * V,
    firstGradients: targets * gradientsPerPosition(full),
    lastGradients: sourceVocabSize * C + sources * 12 * C,
  });
}

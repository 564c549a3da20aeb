export { Bert, type BertContext, type BertOutput, type BertTargets } from "./bert.ts";
export { type BertConfig, bertPresets } from "./bertConfig.ts";
export { type BertEstimateOptions, bertParameterCount, estimateBertMemory } from "./bertEstimate.ts";
export { Decoder, type DecoderContext, type DecoderMemory } from "./decoder.ts";
export { Encoder, type EncoderContext } from "./encoder.ts";
export { extendVocabulary } from "./extendVocabulary.ts";
export { Gpt, type GptContext } from "./gpt.ts";
export { type GptConfig, presets } from "./gptConfig.ts";
export {
  type EstimateOptions,
  estimateMemory,
  flopsPerToken,
  gptParameterCount,
} from "./gptEstimate.ts";
export * from "./heads/index.ts";
export { Seq2Seq, type Seq2SeqContext, type Seq2SeqLossContext } from "./seq2seq.ts";
export type { Seq2SeqConfig } from "./seq2seqConfig.ts";
export {
  estimateSeq2SeqMemory,
  type Seq2SeqEstimateOptions,
  seq2seqParameterCount,
} from "./seq2seqEstimate.ts";
export { Seq2SeqState } from "./seq2seqState.ts";
export type { MemoryEstimate } from "./stepEstimate.ts";
export type { StackConfig, StackOptions } from "./tokenStack.ts";
export type { TransformerConfig } from "./transformerConfig.ts";

export { Bert, type BertContext, type BertOutput, type BertTargets } from "./bert.ts";
export { type BertConfig, bertParameterCount, bertPresets } from "./bertConfig.ts";
export { Decoder, type DecoderContext, type DecoderMemory } from "./decoder.ts";
export { Encoder, type EncoderContext, type StackConfig, type StackOptions } from "./encoder.ts";
export { Gpt, type GptContext } from "./gpt.ts";
export { type GptConfig, presets } from "./gptConfig.ts";
export {
  type EstimateOptions,
  estimateMemory,
  flopsPerToken,
  gptParameterCount,
  type MemoryEstimate,
} from "./gptEstimate.ts";
export { Seq2Seq, type Seq2SeqContext, type Seq2SeqLossContext } from "./seq2seq.ts";
export { type Seq2SeqConfig, seq2seqParameterCount } from "./seq2seqConfig.ts";
export { Seq2SeqState } from "./seq2seqState.ts";
export type { TransformerConfig } from "./transformerConfig.ts";

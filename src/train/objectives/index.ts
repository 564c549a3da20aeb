export { type BertAccuracy, bertAccuracy } from "./bertAccuracy.ts";
export { type BertBatch, BertBatches, type BertBatchesOptions, bertLoss } from "./bertBatches.ts";
export { DocumentBatches, type DocumentBatchesOptions, packDocuments } from "./documents.ts";
export {
  PairBatches,
  type PairBatchesOptions,
  type Seq2SeqBatch,
  type SequencePair,
  type SequenceSymbols,
  seq2seqBatch,
  seq2seqLoss,
} from "./pairBatches.ts";
export { type PaddedRows, padRows } from "./rows.ts";
export type { Sentences } from "./sentencePairs.ts";
export { corruptSpans, SpanBatches, type SpanBatchesOptions, type SpanOptions } from "./spanCorruption.ts";
export {
  type BertSymbols,
  type BertTokenizer,
  bertSymbols,
  type MaskedTokens,
  type MaskingOptions,
  TokenMasker,
} from "./tokenMasker.ts";

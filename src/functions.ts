/**
 * `lanegrad/functions`: all of `lanegrad` but the method form, so that a bundler drops the ops that a program does not call.
 */
export * from "./errors.ts";
export {
  type BeamModel,
  type BeamOptions,
  type BeamResult,
  type BeamStart,
  beamSearch,
} from "./generation/beamSearch.ts";
export {
  constrainToChoices,
  constrainToJsonSchema,
  constrainToRegex,
} from "./generation/constraint/constrain.ts";
export type { TokenConstraint } from "./generation/constraint/tokenConstraint.ts";
export type { Finish, GeneratedToken, TokenAlternative } from "./generation/continuation.ts";
export {
  type Contrastive,
  type ContrastiveOptions,
  contrastiveSearch,
} from "./generation/contrastiveSearch.ts";
export type { Generative } from "./generation/decoder.ts";
export { type GenerateOptions, generate, generateBatch } from "./generation/generate.ts";
export { generateBeams } from "./generation/generateBeams.ts";
export type { LogitsOptions, LogitsProcessor } from "./generation/processLogits.ts";
export type { TextSoFar } from "./generation/processors.ts";
export { type SamplingOptions, sampleToken, tokenProbabilities } from "./generation/sampling.ts";
export { generateSpeculatively, type SpeculativeOptions } from "./generation/speculate.ts";
export type { TextOptions } from "./generation/textOptions.ts";
export type { TokenStream } from "./generation/tokenStream.ts";
export type { TokenText } from "./generation/tokenText.ts";
export { type Translator, translate } from "./generation/translate.ts";
export { type ByteSource, blobSource, bytesSource } from "./io/byteSource.ts";
export {
  type Files,
  type FolderSink,
  type FolderSource,
  filesSource,
  type MemoryFolder,
  memoryFolder,
} from "./io/folder.ts";
export { type OpenGguf, openGguf } from "./io/gguf.ts";
export type { GgufValue } from "./io/ggufHeader.ts";
export { bf16FromF32, f16FromF32, f32FromBf16, f32FromF16 } from "./io/halfFloats.ts";
export type { LazyArray, LazyArrays } from "./io/lazyArray.ts";
export { type Llama2cConfig, type OpenLlama2c, openLlama2c } from "./io/llama2c.ts";
export type { ElementType, NamedArray } from "./io/namedArrays.ts";
export { openNpz, writeNpz } from "./io/npz.ts";
export {
  type OpenSafetensors,
  openSafetensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from "./io/safetensors.ts";
export { openSafetensorsFolder, type ShardOptions, safetensorsFiles } from "./io/shards.ts";
export { unzipFiles, zipFiles } from "./io/zipFiles.ts";
export * from "./models/index.ts";
export * from "./nn/index.ts";
export * from "./ops/index.ts";
export * from "./optim/index.ts";
export { type LoadOptions, loadPretrained, type Pretrained } from "./pretrained/loadPretrained.ts";
export { type SavePretrainedOptions, savePretrained } from "./pretrained/savePretrained.ts";
export { Random } from "./random.ts";
export {
  createRuntime,
  defaultRuntime,
  detectAnomaly,
  type InitOptions,
  init,
  keep,
  memoryStats,
  noGrad,
  scope,
  setDefaultRuntime,
  withRuntime,
} from "./runtime/default.ts";
export { Runtime } from "./runtime/runtime.ts";
export { type BackwardOptions, backward } from "./tensor/backward.ts";
export {
  arange,
  eye,
  full,
  oneHot,
  ones,
  onesLike,
  parameter,
  randomNormal,
  randomUniform,
  tensor,
  zeros,
  zerosLike,
} from "./tensor/create.ts";
export { type DType, Tensor } from "./tensor/tensor.ts";
export type { AddedToken } from "./text/addedTokens.ts";
export { BytePairTokenizer } from "./text/bytePair.ts";
export type { BytePairTraining } from "./text/bytePairTrainer.ts";
export type { BytePairParts } from "./text/bytePairVocabulary.ts";
export { CharacterTokenizer } from "./text/character.ts";
export { Llama2cTokenizer, readLlama2cTokenizer } from "./text/llama2c.ts";
export type { Normalizer } from "./text/normalizer.ts";
export type { PreTokenizer } from "./text/preTokenizer.ts";
export type { Template, TokenizedInputs } from "./text/template.ts";
export { readTiktoken, type TiktokenOptions } from "./text/tiktoken.ts";
export type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./text/tokenizer.ts";
export { readTokenizerJson, writeTokenizerJson } from "./text/tokenizerJson.ts";
export { decodeUtf8 } from "./text/utf8.ts";
export {
  readVocabularyFiles,
  readVocabularyText,
  type VocabularyFiles,
  writeVocabularyFiles,
  writeVocabularyText,
} from "./text/vocabularyFiles.ts";
export { WordPieceTokenizer } from "./text/wordPiece.ts";
export type { WordPieceTraining } from "./text/wordPieceTrainer.ts";
export type { WordPieceParts } from "./text/wordPieceVocabulary.ts";
export { type Batch, type Batches, TokenBatches } from "./train/batches.ts";
export {
  type Checkpoint,
  type CheckpointFiles,
  type ModelCheckpoint,
  readCheckpoint,
  readModel,
  writeCheckpoint,
} from "./train/checkpoint.ts";
export { classificationReport, type ReportOptions } from "./train/classificationReport.ts";
export {
  type EstimateLossOptions,
  type EvaluateOptions,
  type Evaluation,
  estimateLoss,
  evaluate,
} from "./train/evaluate.ts";
export { type LayerwiseGroup, type LayerwiseOptions, layerwiseGroups } from "./train/layerwiseGroups.ts";
export { readLora, writeLora } from "./train/loraFile.ts";
export {
  accuracy,
  balancedAccuracy,
  type Classes,
  confusionMatrix,
  type F1Options,
  f1Score,
  matthews,
  perplexity,
} from "./train/metrics.ts";
export * from "./train/objectives/index.ts";
export { type ErrorRates, editDistance, errorRates } from "./train/sequenceMetrics.ts";
export * from "./train/tasks/index.ts";
export {
  type LossContext,
  type LossFunction,
  type Trainable,
  type TrainOptions,
  type TrainStep,
  train,
} from "./train/train.ts";
export * from "./transforms/index.ts";

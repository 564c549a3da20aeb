export { type AttentionContext, type AttentionLayerOptions, MultiHeadAttention } from "./attention.ts";
export { CrossAttention, type CrossAttentionContext, type Memory } from "./crossAttention.ts";
export { Embedding } from "./embedding.ts";
export { KeyValueCache } from "./keyValueCache.ts";
export { LayerNorm, type NormLayerOptions } from "./layerNorm.ts";
export { Linear } from "./linear.ts";
export { addLora, type LoraOptions, loraTensors, mergeLora, removeLora, unmergeLora } from "./lora.ts";
export { LowRankAdapter, type LowRankOptions } from "./lowRankAdapter.ts";
export { type Activation, Mlp, type MlpOptions } from "./mlp.ts";
export type { Norm, NormKind } from "./norm.ts";
export type { LayerOptions, ModelOptions } from "./options.ts";
export {
  countParameters,
  dispose,
  freeze,
  loadTensors,
  type NamedTensor,
  namedTensors,
  parameters,
} from "./parameters.ts";
export { PositionTable, RotaryPositions, type Rotation, sinusoids } from "./positionTable.ts";
export { type QuantizeOptions, quantize } from "./quantize.ts";
export { RmsNorm } from "./rmsNorm.ts";
export { type BlockContext, type BlockOptions, TransformerBlock } from "./transformerBlock.ts";

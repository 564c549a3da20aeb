export { Gpt, type GptContext } from "./gpt.ts";
export { type GptConfig, presets } from "./gptConfig.ts";
export {
  type EstimateOptions,
  estimateMemory,
  flopsPerToken,
  gptParameterCount,
  type MemoryEstimate,
} from "./gptEstimate.ts";
export type { TransformerConfig } from "./transformerConfig.ts";

export { Gpt, type GptContext } from "./gpt.ts";
export { type GptConfig, presets } from "./gptConfig.ts";

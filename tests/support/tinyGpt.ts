import { Gpt } from "../../src/models/gpt.ts";
import type { GptConfig } from "../../src/models/gptConfig.ts";
import { Random } from "../../src/random.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";

const config = { layers: 2, heads: 2, width: 8, contextLength: 6, vocabSize: 11, bias: false };

/** A GPT of a few hundred numbers, the same each time. */
export function tinyGpt(runtime: Runtime, changes: Partial<GptConfig> = {}): Gpt {
  return new Gpt({ ...config, ...changes }, { random: new Random(3), runtime });
}

/** A text of symbols below 11. */
export function tinyText(length: number, seed = 1): Int32Array {
  const random = new Random(seed);
  return Int32Array.from({ length }, (_, i) => random.integer(i, 0, config.vocabSize));
}

import {
  type CharacterTokenizer,
  dispose,
  type Gpt,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from "lanegrad/functions";
import type { AttentionReport } from "./settings.ts";

/** Runs the model over an excerpt and asks where each head looked. */
export function attentionReport(
  model: Gpt,
  step: number,
  tokenizer: CharacterTokenizer,
  excerpt: Int32Array,
): AttentionReport {
  const weights: Tensor[] = [];
  noGrad(() => scope(() => model.forward(tensor(excerpt, { shape: [1, excerpt.length] }), { weights })));
  const layers = weights.map((layer) => layer.toTypedArray() as Float32Array);
  dispose(weights);
  const characters = Array.from(tokenizer.decode(excerpt));
  return { kind: "attention", step, characters, heads: model.config.heads, layers };
}

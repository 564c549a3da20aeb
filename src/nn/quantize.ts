import { walk } from "../walk.ts";
import { Linear } from "./linear.ts";

export interface QuantizeOptions {
  /** Which linear layers, by the path of their fields. Default: all. */
  readonly match?: (path: string) => boolean;
}

const isLinear = (value: unknown): value is Linear => value instanceof Linear;

/**
 * Keeps the weights of a model's linear layers in 8 bits an element (symmetric, one scale for each output), for inference: a quarter of the
 * memory, and a token costs little more than half the time. Embeddings, norms and biases stay floats, and what stays can still be trained.
 * Returns how many layers were changed.
 *
 * ```ts
 * quantize(model);
 * for await (const { text } of generate(model, prompt, { tokenizer, tokens: 100, random })) …
 * ```
 */
export function quantize(model: object, { match = () => true }: QuantizeOptions = {}): number {
  let changed = 0;
  walk(model, isLinear, (layer, path) => {
    if (layer.scales !== null || !match(path)) return;
    layer.quantize();
    changed++;
  });
  return changed;
}

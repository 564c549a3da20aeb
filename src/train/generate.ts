import { ArgumentError } from "../errors.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { dispose } from "../nn/parameters.ts";
import type { Random } from "../random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Breath } from "./breath.ts";
import { type SamplingOptions, sampleToken } from "./sampling.ts";

/** What `generate` asks of a model. */
export interface Generative {
  readonly config: { readonly contextLength: number; readonly startToken?: number };
  readonly runtime: Runtime;
  /** tokens: [1, T] → logits: [1, 1, V], of the last position alone */
  forward(
    tokens: Tensor,
    context: { readonly cache?: readonly KeyValueCache[]; readonly lastOnly: true },
  ): Tensor;
  cache(batch: number): KeyValueCache[];
}

export interface GenerateOptions extends SamplingOptions {
  /** How many to generate. */
  readonly tokens: number;
  /** Key of the draws: draw i is a function of the key and i. */
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/**
 * Goes on after a prompt, token by token. Inside the context no token is computed twice: keys and values are kept. Past it, positions are
 * learned ones, so the last `contextLength` tokens are run again for each new one, as the model's definition says.
 *
 * ```ts
 * for await (const token of generate(model, tokenizer.encode("In the"), { tokens: 100, random: new Random(1) })) …
 * ```
 *
 * @throws ArgumentError for an empty prompt where the model has no start token
 */
export async function* generate(
  model: Generative,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): AsyncGenerator<number> {
  const { tokens: count, random, signal, ...sampling } = options;
  const { contextLength, startToken } = model.config;
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError("generate", "a whole number of tokens", count);
  const tokens = Array.from(prompt);
  if (tokens.length === 0 && startToken !== undefined) tokens.push(startToken);
  if (tokens.length === 0) throw new ArgumentError("generate", "a prompt of at least one token", tokens);
  const cache = model.cache(1);
  const breath = new Breath();
  try {
    for (let i = 0; i < count; i++) {
      await breath.take(signal);
      const logits = nextLogits(model, tokens, cache, contextLength);
      const token = sampleToken(logits, random.uniform(i), sampling);
      tokens.push(token);
      yield token;
    }
  } finally {
    dispose(cache);
  }
}

/** The logits of the token after `tokens`: from the cache and the tokens that it lacks, or from the last ones of a longer text. */
function nextLogits(
  model: Generative,
  tokens: readonly number[],
  cache: readonly KeyValueCache[],
  contextLength: number,
): Float32Array | Float64Array {
  const inside = tokens.length <= contextLength;
  const fresh = inside ? tokens.slice(cache[0]?.length ?? 0) : tokens.slice(-contextLength);
  const { runtime } = model;
  return runtime.withRecording(false, () =>
    runtime.scope(() => {
      const input = tensor(Int32Array.from(fresh), { shape: [1, fresh.length], runtime });
      const logits = model.forward(input, inside ? { cache, lastOnly: true } : { lastOnly: true });
      return logits.toTypedArray() as Float32Array | Float64Array;
    }),
  );
}

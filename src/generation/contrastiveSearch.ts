import { ArgumentError } from "../errors.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { dispose } from "../nn/parameters.ts";
import { Breath } from "../runtime/breath.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Continuation, type GeneratedToken } from "./continuation.ts";
import { type Prediction, predictionsOf } from "./decoder.ts";
import { checkedPrompt } from "./prompt.ts";
import { tokenProbabilities } from "./sampling.ts";
import { bestTokens } from "./selection.ts";
import { checkedSettings, type TextOptions } from "./textOptions.ts";
import { TokenStream } from "./tokenStream.ts";

/** What contrastive search asks of a model. */
export interface Contrastive {
  readonly config: { readonly contextLength: number; readonly startToken?: number };
  readonly runtime: Runtime;
  /** tokens: [B, T] → what the head reads: [B, T, C] */
  hidden(tokens: Tensor, context: { readonly cache: readonly KeyValueCache[] }): Tensor;
  /** hidden: [B, T, C] → logits: [B, T, V] */
  logits(hidden: Tensor): Tensor;
  cache(batch: number): KeyValueCache[];
}

export interface ContrastiveOptions extends TextOptions {
  /** How many of the likeliest tokens are tried. Default 5. */
  readonly topK?: number;
  /**
   * α, 0 to 1: how much likeness to what came before counts against a token. 0 always takes the likeliest.
   * Default 0.6.
   */
  readonly penalty?: number;
}

/** What a model says after a position, and its hidden state there, of length 1. */
interface Read extends Prediction {
  readonly direction: Float64Array;
}

/**
 * Goes on after a prompt with tokens that are likely and yet unlike what came before, so that the text
 * neither wanders nor repeats itself (Su et al. 2022, "A Contrastive Framework for Neural Text Generation",
 * equation 5). Of the k likeliest tokens v it takes the one of the largest
 *
 *   (1 - α)·p(v) - α·max cos(h_v, h_j),  h_v the hidden state of v, h_j those of the tokens before
 *
 * Nothing is drawn. The stream fails with an ArgumentError where prompt and tokens are longer than the
 * context, and for options out of their range.
 */
export function contrastiveSearch(
  model: Contrastive,
  prompt: ArrayLike<number>,
  options: ContrastiveOptions,
): TokenStream<GeneratedToken> {
  return new TokenStream(search(model, prompt, options));
}

async function* search(
  model: Contrastive,
  prompt: ArrayLike<number>,
  options: ContrastiveOptions,
): AsyncGenerator<GeneratedToken, undefined> {
  const { topK = 5, penalty = 0.6, signal } = options;
  const settings = checkedSettings(options);
  const tokens = checkedPrompt(model, prompt);
  checkOptions(model, tokens.length + settings.tokens, topK, penalty);
  const continuation = new Continuation(0, tokens, settings);
  if (continuation.isOver) return;
  const cache = model.cache(1);
  const breath = new Breath();
  try {
    const before = read(model, cache, [tokens]);
    let row = 0;
    for (;;) {
      await breath.take(signal);
      const last = before.at(-1)!;
      const chances = tokenProbabilities(settings.process(last.logits, continuation.soFar()));
      const candidates = bestTokens(chances, topK).filter((token) => chances[token]! > 0);
      for (const layer of cache) layer.reorder(candidates.map(() => row));
      const after = read(
        model,
        cache,
        candidates.map((token) => [token]),
      );
      const scores = candidates.map((token, i) => {
        const likeness = before.reduce(
          (most, { direction }) => Math.max(most, dot(direction, after[i]!.direction)),
          -1,
        );
        return (1 - penalty) * chances[token]! - penalty * likeness;
      });
      [row] = bestTokens(Float64Array.from(scores), 1) as [number];
      const record = continuation.append(candidates[row]!, last);
      before.push(after[row]!);
      yield record;
      if (record.finish !== null) return;
    }
  } finally {
    dispose(cache);
  }
}

/** Reads tokens [B, T] and gives what is said after each, B·T of them. */
function read(
  model: Contrastive,
  cache: readonly KeyValueCache[],
  tokens: readonly (readonly number[])[],
): Read[] {
  const { runtime } = model;
  return runtime.withRecording(false, () =>
    runtime.scope(() => {
      const input = tensor(Int32Array.from(tokens.flat()), {
        shape: [tokens.length, tokens[0]!.length],
        runtime,
      });
      const hidden = model.hidden(input, { cache });
      const values = hidden.toTypedArray() as Float32Array | Float64Array;
      const width = hidden.shape.at(-1)!;
      return predictionsOf(model.logits(hidden)).map((prediction, i) => {
        return { ...prediction, direction: normalized(values.subarray(i * width, (i + 1) * width)) };
      });
    }),
  );
}

function normalized(vector: Float32Array | Float64Array): Float64Array {
  const direction = new Float64Array(vector);
  const length = Math.sqrt(dot(direction, direction));
  return length > 0 ? direction.map((x) => x / length) : direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function checkOptions(model: Contrastive, length: number, topK: number, penalty: number): void {
  const check = (holds: boolean, wanted: string, got: number) => {
    if (!holds) throw new ArgumentError("contrastiveSearch", wanted, got);
  };
  const { contextLength } = model.config;
  check(length <= contextLength, `prompt and tokens of at most ${contextLength}, the context`, length);
  check(Number.isInteger(topK) && topK >= 1, "a topK from 1 on", topK);
  check(penalty >= 0 && penalty <= 1, "a penalty from 0 to 1", penalty);
}

import { ArgumentError } from "../errors.ts";
import type { Random } from "../random.ts";
import { Breath } from "../runtime/breath.ts";
import { Continuation, type ContinuationSettings, type GeneratedToken } from "./continuation.ts";
import { Decoder, type Generative } from "./decoder.ts";
import { composeSureProcessors, type LogitsOptions } from "./processLogits.ts";
import { checkedPrompt } from "./prompt.ts";
import type { SamplingOptions } from "./sampling.ts";
import { TokenStream } from "./tokenStream.ts";
import type { TokenText } from "./tokenText.ts";

/** The logits options act first, then those of sampling, both in the order in which they are listed. */
export interface GenerateOptions extends LogitsOptions, SamplingOptions {
  /** How many to generate at most. */
  readonly tokens: number;
  /** Key of the draws: draw i is a function of the key and i. */
  readonly random: Random;
  /** Gives the records their text. */
  readonly tokenizer?: TokenText;
  /** Strings that end the text before them, also where they begin inside of a token. They need a tokenizer. */
  readonly stopStrings?: readonly string[];
  /** How many of the likeliest tokens each record lists. Default 0. */
  readonly alternatives?: number;
  readonly signal?: AbortSignal;
}

/**
 * Goes on after a prompt, token by token.
 *
 * ```ts
 * const options = { tokens: 100, random: new Random(1), tokenizer };
 * for await (const { text } of generate(model, tokenizer.encode("In the"), options)) process.stdout.write(text);
 * ```
 *
 * The stream fails with an ArgumentError for an empty prompt where the model has no start token, and for options out of their range.
 */
export function generate(
  model: Generative,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): TokenStream<GeneratedToken> {
  return new TokenStream(continueAll(model, [prompt], options, () => options.random));
}

/**
 * Goes on after several prompts at once, which may be of different lengths; each record names its `row`. A text that ends leaves the batch.
 * Row r draws with `random.fork(r)`, so its text does not depend on the others: it is the one of `generate` with that key.
 */
export function generateBatch(
  model: Generative,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): TokenStream<GeneratedToken> {
  return new TokenStream(continueAll(model, prompts, options, (row) => options.random.fork(row)));
}

async function* continueAll(
  model: Generative,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
  randomOf: (row: number) => Random,
): AsyncGenerator<GeneratedToken, undefined> {
  const settings = checkedSettings(options);
  let growing = prompts.map((prompt, row) => {
    const random = randomOf(row);
    return new Continuation(row, checkedPrompt(model, prompt), { ...settings, random });
  });
  if (settings.tokens === 0 || growing.length === 0) return;
  const decoder = new Decoder(model, growing.length);
  const breath = new Breath();
  try {
    while (growing.length > 0) {
      await breath.take(options.signal);
      const predictions = decoder.predict(growing.map(({ text }) => text));
      const records = growing.map((continuation, i) => continuation.advance(predictions[i]!));
      yield* records;
      const left = [...records.keys()].filter((i) => records[i]!.finish === null);
      if (left.length > 0 && left.length < growing.length) decoder.reorder(left);
      growing = left.map((i) => growing[i]!);
    }
  } finally {
    decoder.dispose();
  }
}

/** @throws ArgumentError for an option out of its range */
export function checkedSettings(options: GenerateOptions): ContinuationSettings {
  const {
    tokens,
    random,
    tokenizer,
    stopTokens = [],
    stopStrings = [],
    alternatives = 0,
    constraint,
  } = options;
  const check = (holds: boolean, wanted: string, got: unknown) => {
    if (!holds) throw new ArgumentError("generate", wanted, got);
  };
  check(Number.isInteger(tokens) && tokens >= 0, "a whole number of tokens", tokens);
  check(Number.isInteger(alternatives) && alternatives >= 0, "a whole number of alternatives", alternatives);
  check(!stopStrings.includes(""), "stopStrings that are not empty", stopStrings);
  check(stopStrings.length === 0 || tokenizer !== undefined, "a tokenizer with stopStrings", tokenizer);
  check(stopStrings.length === 0 || !constraint, "a constraint or stopStrings, not both", stopStrings);
  constraint?.checkBudget(tokens, stopTokens);
  const process = composeSureProcessors(options);
  return {
    tokens,
    random,
    tokenizer,
    stopTokens,
    stopStrings,
    alternatives,
    constraint,
    process,
    sampling: options,
  };
}

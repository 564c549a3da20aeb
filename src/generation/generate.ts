import type { Random } from "../random.ts";
import { Breath } from "../runtime/breath.ts";
import { Continuation, type GeneratedToken } from "./continuation.ts";
import { Decoder, type Generative } from "./decoder.ts";
import { checkedPrompt } from "./prompt.ts";
import { type SamplingOptions, sampleToken } from "./sampling.ts";
import { checkedSettings, type TextOptions } from "./textOptions.ts";
import { TokenStream } from "./tokenStream.ts";

/** The logits options act first, then those of sampling, both in the order in which they are listed. */
export interface GenerateOptions extends TextOptions, SamplingOptions {
  /** Key of the draws: draw i is a function of the key and i. */
  readonly random: Random;
}

/**
 * Goes on after a prompt, token by token.
 *
 * ```ts
 * const prompt = tokenizer.encode("In the");
 * const options = { tokens: 100, random: new Random(1), tokenizer };
 * for await (const { text } of generate(model, prompt, options)) process.stdout.write(text);
 * ```
 *
 * The stream fails with an ArgumentError for an empty prompt where the model has no start token, and for
 * options out of their range.
 */
export function generate(
  model: Generative,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): TokenStream<GeneratedToken> {
  return new TokenStream(continueAll(model, [prompt], options, () => options.random));
}

/**
 * Goes on after several prompts at once, which may be of different lengths; each record names its `row`. A
 * text that ends leaves the batch. Row r draws with `random.fork(r)`, so its text does not depend on the
 * others: it is the one of `generate` with that key, but for the last bits of the logits, which come from
 * other kernels.
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
  const all = prompts.map((prompt, row) => ({
    random: randomOf(row),
    continuation: new Continuation(row, checkedPrompt(model, prompt), settings),
  }));
  let growing = all.filter(({ continuation }) => !continuation.isOver);
  if (growing.length === 0) return;
  const decoder = new Decoder(model, growing.length);
  const breath = new Breath();
  try {
    while (growing.length > 0) {
      await breath.take(options.signal);
      const predictions = decoder.predict(growing.map(({ continuation }) => continuation.text));
      const records = growing.map(({ continuation, random }, i) => {
        const prediction = predictions[i]!;
        const logits = settings.process(prediction.logits, continuation.soFar());
        const token = sampleToken(logits, random.uniform(continuation.generated), options);
        return continuation.append(token, prediction);
      });
      yield* records;
      const left = [...records.keys()].filter((i) => records[i]!.finish === null);
      if (left.length > 0 && left.length < growing.length) decoder.reorder(left);
      growing = left.map((i) => growing[i]!);
    }
  } finally {
    decoder.dispose();
  }
}

import { ArgumentError } from "../errors.ts";
import type { Random } from "../random.ts";
import { Breath } from "../runtime/breath.ts";
import { Continuation, type ContinuationSettings, type GeneratedToken } from "./continuation.ts";
import { Decoder, type Generative, type Prediction } from "./decoder.ts";
import { sum } from "./filters.ts";
import type { GenerateOptions } from "./generate.ts";
import { checkedPrompt } from "./prompt.ts";
import { drawToken, type SamplingOptions, tokenProbabilities } from "./sampling.ts";
import { checkedSettings } from "./textOptions.ts";
import { TokenStream } from "./tokenStream.ts";

export interface SpeculativeOptions extends GenerateOptions {
  /** How many tokens the draft model guesses at once. Default 4. */
  readonly draftTokens?: number;
}

interface Settings extends ContinuationSettings {
  readonly sampling: SamplingOptions;
  readonly random: Random;
}

/** A token that the draft model guessed, and the chances [V] that it drew it by. */
interface Guess {
  readonly token: number;
  readonly chances: Float64Array;
}

/**
 * `generate` with the help of a small model of the same vocabulary: that one guesses some tokens, and the
 * large one reads them all at once, keeps those at the beginning that it agrees with and puts one of its own
 * behind them (Leviathan, Kalman & Matias 2023, algorithm 1). The texts are distributed as the large model's
 * own, whatever the draft model is; but they are others for the same key. Always taking the best (temperature
 * 0) gives the same text as `generate`, but where the best logits are so near to each other that a sum in
 * another order turns them.
 *
 * Pays where the draft model is much faster and often right. Beyond the context of either model nothing is
 * guessed.
 */
export function generateSpeculatively(
  model: Generative,
  draft: Generative,
  prompt: ArrayLike<number>,
  options: SpeculativeOptions,
): TokenStream<GeneratedToken> {
  return new TokenStream(speculate(model, draft, prompt, options));
}

async function* speculate(
  model: Generative,
  draft: Generative,
  prompt: ArrayLike<number>,
  options: SpeculativeOptions,
): AsyncGenerator<GeneratedToken, undefined> {
  const { draftTokens = 4, signal } = options;
  if (!Number.isInteger(draftTokens) || draftTokens < 1)
    throw new ArgumentError("generateSpeculatively", "draftTokens from 1 on", draftTokens);
  const settings = { ...checkedSettings(options), sampling: options, random: options.random };
  const continuation = new Continuation(0, checkedPrompt(model, prompt), settings);
  if (continuation.isOver) return;
  const context = Math.min(model.config.contextLength, draft.config.contextLength);
  const [target, guesser] = [new Decoder(model, 1), new Decoder(draft, 1)];
  const breath = new Breath();
  try {
    for (;;) {
      await breath.take(signal);
      const room = Math.min(
        draftTokens,
        context - continuation.text.length,
        continuation.soFar().remaining - 1,
      );
      const guesses = guess(guesser, continuation, settings, room);
      const records = judge(predictGuessed(target, continuation, guesses), guesses, continuation, settings);
      yield* records;
      if (records.at(-1)!.finish !== null) return;
      for (const decoder of [target, guesser]) decoder.truncate([continuation.text.length - 1]);
    }
  } finally {
    target.dispose();
    guesser.dispose();
  }
}

/** Up to `count` tokens that the draft model draws, fewer where the text would end before. */
function guess(
  guesser: Decoder,
  continuation: Continuation,
  { process, sampling, random, stopTokens, constraint }: Settings,
  count: number,
): Guess[] {
  const guesses: Guess[] = [];
  const key = random.fork("guess");
  while (guesses.length < count) {
    const text = continuation.soFar(guesses.map(({ token }) => token));
    const last = guesses.at(-1)?.token;
    if (last !== undefined && (stopTokens.includes(last) || constraint?.ends(text, stopTokens))) break;
    const [prediction] = guesser.predict([text.tokens]);
    const chances = tokenProbabilities(process(prediction!.logits, text), sampling);
    guesses.push({
      token: drawToken(chances, key.uniform(continuation.generated + guesses.length)),
      chances,
    });
  }
  return guesses;
}

/** What the large model says after the text, and after each of the guesses. */
function predictGuessed(target: Decoder, { text }: Continuation, guesses: readonly Guess[]): Prediction[] {
  if (guesses.length === 0) return target.predict([text]);
  return target.predictEach([...text, ...guesses.map(({ token }) => token)], guesses.length + 1);
}

/**
 * Keeps a guess x with probability min(1, p(x)/q(x)), p the large model's chances and q those that it was
 * drawn by. In the place of the first that is not kept comes a token from max(0, p - q), made to sum to 1;
 * behind the last, if all are kept, one from p.
 */
function judge(
  predictions: readonly Prediction[],
  guesses: readonly Guess[],
  continuation: Continuation,
  { process, sampling, random }: Settings,
): GeneratedToken[] {
  const records: GeneratedToken[] = [];
  const key = random.fork("keep");
  for (const [i, prediction] of predictions.entries()) {
    const chances = tokenProbabilities(process(prediction.logits, continuation.soFar()), sampling);
    const guessed = guesses[i];
    if (guessed && guessed.chances.length !== chances.length) {
      const wanted = `a draft model with ${chances.length} tokens, as the model has`;
      throw new ArgumentError("generateSpeculatively", wanted, guessed.chances.length);
    }
    const index = continuation.generated;
    const kept = guessed && keepsGuess(guessed, chances, key.uniform(index));
    const token = kept
      ? guessed.token
      : drawToken(guessed ? excess(chances, guessed.chances) : chances, random.uniform(index));
    const record = continuation.append(token, prediction);
    records.push(record);
    if (!kept || record.finish !== null) break;
  }
  return records;
}

const keepsGuess = ({ token, chances: drawn }: Guess, chances: Float64Array, uniform: number) =>
  uniform * drawn[token]! < chances[token]!;

/** max(0, p - q), made to sum to 1.  p, q: [V] */
function excess(p: Float64Array, q: Float64Array): Float64Array {
  const rest = p.map((chance, token) => Math.max(0, chance - q[token]!));
  const total = sum(rest);
  // Where rounding leaves nothing, p and q are equal.
  return total > 0 ? rest.map((chance) => chance / total) : p;
}

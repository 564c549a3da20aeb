import type { Random } from "../random.ts";
import type { Prediction } from "./decoder.ts";
import { bestTokens, type SamplingOptions, sampleToken } from "./sampling.ts";
import { TextWriter, type TokenText } from "./tokenText.ts";

/** Why a text ends: the number of tokens is reached, a stop token or a stop string came. */
export type Finish = "tokens" | "stopToken" | "stopString";

/** A token that might have come. */
export interface TokenAlternative {
  readonly token: number;
  /** Its text alone; empty without a tokenizer. Half a character shows as U+FFFD. */
  readonly text: string;
  readonly logProbability: number;
}

/** One token of a generated text. */
export interface GeneratedToken {
  /** Of the prompt that it goes on from, in a batch; else 0. */
  readonly row: number;
  readonly token: number;
  /**
   * The text that it makes certain; without a tokenizer always empty. Half a character waits for its other half, and what might be the
   * beginning of a stop string for the tokens that decide. The texts of all records, joined, are the generated text, up to the stop.
   */
  readonly text: string;
  /** Natural logarithm of the probability that the model gives it, before any of the sampling options. */
  readonly logProbability: number;
  /** The likeliest tokens by the model, the best first; on request. */
  readonly alternatives?: readonly TokenAlternative[];
  /** Set on the last token of a text. */
  readonly finish: Finish | null;
}

/** How to go on, checked and completed. */
export interface ContinuationSettings {
  readonly tokens: number;
  readonly sampling: SamplingOptions;
  readonly random: Random;
  readonly tokenizer: TokenText | undefined;
  readonly stopTokens: readonly number[];
  readonly stopStrings: readonly string[];
  readonly alternatives: number;
}

/** One text that grows, token by token. */
export class Continuation {
  readonly row: number;
  /** The prompt and what was generated. */
  readonly text: number[];
  readonly #settings: ContinuationSettings;
  readonly #writer: TextWriter;
  #generated = 0;

  constructor(row: number, prompt: readonly number[], settings: ContinuationSettings) {
    this.row = row;
    this.text = [...prompt];
    this.#settings = settings;
    this.#writer = new TextWriter(settings.tokenizer, settings.stopStrings);
  }

  /** Chooses the next token and adds it to the text. */
  advance(prediction: Prediction): GeneratedToken {
    const { sampling, random, alternatives } = this.#settings;
    const token = sampleToken(prediction.logits, random.uniform(this.#generated), sampling);
    this.text.push(token);
    this.#generated++;
    return {
      row: this.row,
      token,
      ...this.#write(token),
      logProbability: prediction.logits[token]! - prediction.logSumExp,
      ...(alternatives > 0 ? { alternatives: this.#alternatives(prediction) } : {}),
    };
  }

  #write(token: number): { text: string; finish: Finish | null } {
    const { tokens, stopTokens } = this.#settings;
    const writer = this.#writer;
    if (stopTokens.includes(token)) return { text: writer.end(), finish: "stopToken" };
    let text = writer.push(token);
    if (!writer.stopped && this.#generated === tokens) text += writer.end();
    const finish = writer.stopped ? "stopString" : this.#generated === tokens ? "tokens" : null;
    return { text, finish };
  }

  #alternatives({ logits, logSumExp }: Prediction): TokenAlternative[] {
    const { alternatives, tokenizer } = this.#settings;
    return bestTokens(logits, alternatives).map((token) => {
      const text = tokenizer ? new TextDecoder().decode(tokenizer.tokenBytes(token)) : "";
      return { token, text, logProbability: logits[token]! - logSumExp };
    });
  }
}

import type { TokenConstraint } from "./constraint/tokenConstraint.ts";
import type { Prediction } from "./decoder.ts";
import type { LogitsOptions, Process } from "./processLogits.ts";
import type { TextSoFar } from "./processors.ts";
import { bestTokens } from "./selection.ts";
import { TextWriter, type TokenText } from "./tokenText.ts";

/**
 * Why a text ends: the number of tokens is reached, a stop token or a stop string came, or its constraint
 * lets nothing follow.
 */
export type Finish = "tokens" | "stopToken" | "stopString" | "constraint";

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
   * The text that it makes certain; without a tokenizer always empty. Half a character waits for its other
   * half, and what might be the beginning of a stop string for the tokens that decide. The texts of all
   * records, joined, are the generated text, up to the stop.
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
  readonly process: Process;
  readonly constraint?: TokenConstraint;
  readonly tokenizer: TokenText | undefined;
  readonly stopTokens: readonly number[];
  readonly stopStrings: readonly string[];
  readonly alternatives: number;
}

/** Why nothing may follow a text whose tokens are none that stop it; null where something may. */
export function finishOf(
  text: TextSoFar,
  { constraint, stopTokens = [] }: Pick<LogitsOptions, "constraint" | "stopTokens">,
): Finish | null {
  if (text.remaining === 0) return "tokens";
  return constraint?.ends(text, stopTokens) ? "constraint" : null;
}

/** One text that grows, token by token. */
export class Continuation {
  readonly row: number;
  /** The prompt and what was generated. */
  readonly text: number[];
  readonly #settings: ContinuationSettings;
  readonly #writer: TextWriter;
  readonly #promptLength: number;

  constructor(row: number, prompt: readonly number[], settings: ContinuationSettings) {
    this.row = row;
    this.text = [...prompt];
    this.#promptLength = prompt.length;
    this.#settings = settings;
    this.#writer = new TextWriter(settings.tokenizer, settings.stopStrings);
  }

  /** Adds a token of which the model says what `prediction` says. */
  append(token: number, prediction: Prediction): GeneratedToken {
    const { alternatives } = this.#settings;
    this.text.push(token);
    return {
      row: this.row,
      token,
      ...this.#write(token),
      logProbability: prediction.logProbabilities[token]!,
      ...(alternatives > 0 ? { alternatives: this.#alternatives(prediction) } : {}),
    };
  }

  /** Whether no token may come at all: of an empty text that is whole, or of no tokens. */
  get isOver(): boolean {
    return finishOf(this.soFar(), this.#settings) !== null;
  }

  /** How many tokens were generated. */
  get generated(): number {
    return this.text.length - this.#promptLength;
  }

  /** The text, with some tokens after it that are not certain yet. */
  soFar(guessed: readonly number[] = []): TextSoFar {
    const remaining = this.#settings.tokens - this.generated - guessed.length;
    const tokens = guessed.length === 0 ? this.text : [...this.text, ...guessed];
    return { tokens, promptLength: this.#promptLength, remaining };
  }

  #write(token: number): { text: string; finish: Finish | null } {
    const writer = this.#writer;
    if (this.#settings.stopTokens.includes(token)) return { text: writer.end(), finish: "stopToken" };
    const text = writer.push(token);
    if (writer.stopped) return { text, finish: "stopString" };
    const finish = finishOf(this.soFar(), this.#settings);
    if (finish === null) return { text, finish };
    const rest = writer.end();
    return { text: text + rest, finish: writer.stopped ? "stopString" : finish };
  }

  #alternatives({ logProbabilities }: Prediction): TokenAlternative[] {
    const { alternatives, tokenizer } = this.#settings;
    return bestTokens(logProbabilities, alternatives).map((token) => {
      const text = tokenizer?.decode([token]) ?? "";
      return { token, text, logProbability: logProbabilities[token]! };
    });
  }
}

import { ArgumentError } from "../errors.ts";
import type { ContinuationSettings } from "./continuation.ts";
import { composeSureProcessors, type LogitsOptions } from "./processLogits.ts";
import type { TokenText } from "./tokenText.ts";

/** What holds for a generated text, however its tokens are chosen. */
export interface TextOptions extends LogitsOptions {
  /** How many to generate at most. */
  readonly tokens: number;
  /** Gives the records their text. */
  readonly tokenizer?: TokenText;
  /**
   * Strings that end the text before them, also where they begin inside of a token. They need a tokenizer.
   */
  readonly stopStrings?: readonly string[];
  /** How many of the likeliest tokens each record lists. Default 0. */
  readonly alternatives?: number;
  readonly signal?: AbortSignal;
}

/** @throws ArgumentError for an option out of its range */
export function checkedSettings(options: TextOptions): ContinuationSettings {
  const { tokens, tokenizer, stopTokens = [], stopStrings = [], alternatives = 0, constraint } = options;
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
  const settings = { tokens, tokenizer, stopTokens, stopStrings, alternatives, process };
  return constraint ? { ...settings, constraint } : settings;
}

import { ArgumentError } from "../errors.ts";

/**
 * What changes the logits by the text so far, before a token is drawn. Each is a pure function: logits [V] go
 * in and new ones come out, and a token that must not come gets -Infinity. `processLogits` composes them.
 */

/** A text that is being generated. */
export interface TextSoFar {
  /** The prompt and what was generated after it. */
  readonly tokens: readonly number[];
  readonly promptLength: number;
  /** How many more tokens may come, the next one included. */
  readonly remaining: number;
}

/** Adds a number to the logits of some tokens; -Infinity forbids one. */
export function biasLogits(logits: Float64Array, bias: Readonly<Record<number, number>>): Float64Array {
  const biased = logits.slice();
  for (const [token, amount] of Object.entries(bias)) biased[checkToken(logits, Number(token))]! += amount;
  return biased;
}

/**
 * Makes all tokens of the text, the prompt included, less likely: logits above 0 are divided by the penalty
 * and those below multiplied (Keskar et al. 2019, "CTRL", section 4.1, with the negative ones mended). 1 does
 * nothing.
 */
export function penalizeRepetition(
  logits: Float64Array,
  { tokens }: TextSoFar,
  penalty: number,
): Float64Array {
  const penalized = logits.slice();
  for (const token of new Set(tokens)) {
    const logit = logits[token]!;
    penalized[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return penalized;
}

/**
 * Takes from the logit of each generated token `presence` once and `frequency` for each time that it came:
 *
 *   logit - presence·[count > 0] - frequency·count
 *
 * The prompt does not count.
 */
export function penalizePresence(
  logits: Float64Array,
  { tokens, promptLength }: TextSoFar,
  { presence, frequency }: { readonly presence: number; readonly frequency: number },
): Float64Array {
  const counts = new Map<number, number>();
  for (const token of tokens.slice(promptLength)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const penalized = logits.slice();
  for (const [token, count] of counts) penalized[token]! -= presence + frequency * count;
  return penalized;
}

/**
 * Forbids each token that would make the last `length` tokens a sequence that the text, the prompt included,
 * has had.
 */
export function forbidRepeatedSequences(
  logits: Float64Array,
  { tokens }: TextSoFar,
  length: number,
): Float64Array {
  const left = logits.slice();
  const begin = tokens.length - (length - 1);
  for (let start = 0; start + length <= tokens.length; start++) {
    if (sameSequence(tokens, start, tokens, begin, length - 1)) left[tokens[start + length - 1]!] = -Infinity;
  }
  return left;
}

/** Forbids each token that would complete one of the sequences, whose beginning may lie in the prompt. */
export function forbidSequences(
  logits: Float64Array,
  { tokens }: TextSoFar,
  sequences: readonly (readonly number[])[],
): Float64Array {
  const left = logits.slice();
  for (const sequence of sequences) {
    const before = sequence.length - 1;
    const start = tokens.length - before;
    if (start >= 0 && sameSequence(sequence, 0, tokens, start, before))
      left[checkToken(logits, sequence[before]!)] = -Infinity;
  }
  return left;
}

/** Forbids some tokens. */
export function forbidTokens(logits: Float64Array, forbidden: readonly number[]): Float64Array {
  const left = logits.slice();
  for (const token of forbidden) left[checkToken(logits, token)] = -Infinity;
  return left;
}

/** Whether a[from … from + length) is b[at … at + length). */
function sameSequence(
  a: readonly number[],
  from: number,
  b: readonly number[],
  at: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[from + i] !== b[at + i]) return false;
  return true;
}

function checkToken(logits: Float64Array, token: number): number {
  if (Number.isInteger(token) && token >= 0 && token < logits.length) return token;
  throw new ArgumentError("generation", `tokens below ${logits.length}, the vocabulary's size`, token);
}

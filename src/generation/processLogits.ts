import { ArgumentError } from "../errors.ts";
import type { TokenConstraint } from "./constraint/tokenConstraint.ts";
import {
  biasLogits,
  forbidRepeatedSequences,
  forbidSequences,
  forbidTokens,
  penalizePresence,
  penalizeRepetition,
  type TextSoFar,
} from "./processors.ts";

/** A user's own change of the logits [V]; gives new ones. */
export type LogitsProcessor = (logits: Float64Array, text: TextSoFar) => Float64Array;

/**
 * What changes the logits before sampling. The options act in this order; those that are left out do nothing.
 */
export interface LogitsOptions {
  /** What is added to the logits of some tokens; -Infinity forbids one. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Above 1 makes tokens of the text, the prompt included, less likely (Keskar et al. 2019). Default 1. */
  readonly repetitionPenalty?: number;
  /** Taken from the logit of each token that was generated. Default 0. */
  readonly presencePenalty?: number;
  /** Taken from the logit of a generated token for each time that it came. Default 0. */
  readonly frequencyPenalty?: number;
  /** No sequence of so many tokens comes twice, the prompt included. */
  readonly noRepeat?: number;
  /** Sequences of tokens that never come. */
  readonly badWords?: readonly (readonly number[])[];
  /** How many tokens come before a stop token may. Default 0. */
  readonly minimumTokens?: number;
  /** Tokens that end the text. The record of one has no text of its own. */
  readonly stopTokens?: readonly number[];
  readonly processors?: readonly LogitsProcessor[];
  /** What the generated text must match, as a whole. Stop tokens may come where it is complete. */
  readonly constraint?: TokenConstraint;
}

type Logits = Float32Array | Float64Array;

/** From the logits [V] of a model to those that a token is drawn by. */
export type Process = (logits: Logits, text: TextSoFar) => Logits;

/**
 * All that the options say as one function, in their order. It may leave no token.
 *
 * @throws ArgumentError for an option out of its range
 */
export function composeProcessors(options: LogitsOptions): Process {
  checkLogitsOptions(options);
  const steps = activeSteps(options);
  if (steps.length === 0) return (logits) => logits;
  return (logits, text) => {
    let changed: Float64Array = new Float64Array(logits);
    for (const step of steps) changed = step(changed, text);
    return changed;
  };
}

/** The same, for one that throws an ArgumentError where no token is left. */
export function composeSureProcessors(options: LogitsOptions): Process {
  const process = composeProcessors(options);
  return (logits, text) => {
    const changed = process(logits, text);
    if (changed === logits || changed.some((logit) => logit !== -Infinity)) return changed;
    const generated = text.tokens.length - text.promptLength;
    const wanted = `options that leave a token after ${generated} generated ones`;
    throw new ArgumentError("generation", wanted, Object.keys(options));
  };
}

function activeSteps(options: LogitsOptions): LogitsProcessor[] {
  const { logitBias, repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 } = options;
  const { noRepeat, badWords = [], minimumTokens = 0, stopTokens = [], constraint } = options;
  const steps: LogitsProcessor[] = [];
  if (logitBias) steps.push((logits) => biasLogits(logits, logitBias));
  if (repetitionPenalty !== 1)
    steps.push((logits, text) => penalizeRepetition(logits, text, repetitionPenalty));
  if (presencePenalty !== 0 || frequencyPenalty !== 0) {
    const penalties = { presence: presencePenalty, frequency: frequencyPenalty };
    steps.push((logits, text) => penalizePresence(logits, text, penalties));
  }
  if (noRepeat !== undefined) steps.push((logits, text) => forbidRepeatedSequences(logits, text, noRepeat));
  if (badWords.length > 0) steps.push((logits, text) => forbidSequences(logits, text, badWords));
  if (minimumTokens > 0) {
    steps.push((logits, { tokens, promptLength }) =>
      tokens.length - promptLength < minimumTokens ? forbidTokens(logits, stopTokens) : logits,
    );
  }
  if (options.processors) steps.push(...options.processors);
  if (constraint) steps.push((logits, text) => constraint.restrict(logits, text, stopTokens));
  return steps;
}

function checkLogitsOptions(options: LogitsOptions): void {
  const { logitBias = {}, repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 } = options;
  const { noRepeat = 1, badWords = [], minimumTokens = 0 } = options;
  const check = (holds: boolean, wanted: string, got: unknown) => {
    if (!holds) throw new ArgumentError("generation", wanted, got);
  };
  for (const bias of Object.values(logitBias)) {
    check(bias < Number.POSITIVE_INFINITY, "a logitBias of numbers below Infinity", bias);
  }
  check(
    repetitionPenalty > 0 && Number.isFinite(repetitionPenalty),
    "a repetitionPenalty above 0",
    repetitionPenalty,
  );
  check(Number.isFinite(presencePenalty), "a presencePenalty that is finite", presencePenalty);
  check(Number.isFinite(frequencyPenalty), "a frequencyPenalty that is finite", frequencyPenalty);
  check(Number.isInteger(noRepeat) && noRepeat >= 1, "a noRepeat from 1 on", noRepeat);
  check(!badWords.some(({ length }) => length === 0), "badWords of at least one token each", badWords);
  check(Number.isInteger(minimumTokens) && minimumTokens >= 0, "a minimumTokens from 0 on", minimumTokens);
}

import { ArgumentError } from "../../errors.ts";
import { fitPair } from "../objectives/rows.ts";

export interface TaskSymbols {
  /** Stands first. */
  readonly startToken: number;
  /** Stands between two texts. */
  readonly delimiterToken: number;
  /** Stands last: its vector is the one that is classified. */
  readonly extractToken: number;
  /** Symbols of a row at most. */
  readonly contextLength: number;
}

/**
 * Makes of every task rows of symbols that a causal model reads as it reads any text (Radford et al. 2018,
 * section 3.3 and figure 1). What does not fit into the context is cut.
 *
 *   classification    start text extract
 *   entailment        start premise delimiter hypothesis extract
 *   similarity        start a delimiter b extract   and   start b delimiter a extract
 *   multiple choice   start context delimiter answer extract   for each answer
 *
 * The first two are for a `SequenceClassifier`, then `PairClassifier` and `MultipleChoice`.
 */
export class TaskInputs {
  readonly #symbols: TaskSymbols;

  /** @throws ArgumentError for a context that has no room for two texts */
  constructor(symbols: TaskSymbols) {
    const { contextLength } = symbols;
    if (!Number.isInteger(contextLength) || contextLength < 5) {
      throw new ArgumentError("TaskInputs.contextLength", "a whole number from 5 on", contextLength);
    }
    this.#symbols = symbols;
  }

  /** One text, which loses its end where it is too long. */
  classification(text: Int32Array): Int32Array {
    const { startToken, extractToken, contextLength } = this.#symbols;
    return Int32Array.of(startToken, ...text.subarray(0, contextLength - 2), extractToken);
  }

  /** Two texts in this order; the longer one is cut first, the premise at its beginning. */
  entailment(premise: Int32Array, hypothesis: Int32Array): Int32Array {
    const { startToken, delimiterToken, extractToken, contextLength } = this.#symbols;
    const [first, second] = fitPair(premise, hypothesis, contextLength - 3);
    return Int32Array.of(startToken, ...first, delimiterToken, ...second, extractToken);
  }

  /** Two texts in both orders. */
  similarity(a: Int32Array, b: Int32Array): [Int32Array, Int32Array] {
    return [this.entailment(a, b), this.entailment(b, a)];
  }

  /** A context with each of its answers. */
  multipleChoice(context: Int32Array, answers: readonly Int32Array[]): Int32Array[] {
    return answers.map((answer) => this.entailment(context, answer));
  }
}

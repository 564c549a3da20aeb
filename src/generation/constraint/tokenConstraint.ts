import { ArgumentError } from "../../errors.ts";
import type { TextSoFar } from "../processors.ts";
import { Automaton } from "./automaton.ts";
import type { Expression } from "./expression.ts";
import { Plan } from "./plan.ts";
import { type TokenBytes, Vocabulary } from "./vocabulary.ts";

/** Numbers of the masks that are kept: 64 MB. */
const KEPT_NUMBERS = 2 ** 24;

/**
 * Lets only those tokens come after which the text can still be finished within the tokens that remain, so
 * what is generated always matches. Masks are kept, so one constraint should serve all texts; it holds
 * nothing of any of them.
 */
export class TokenConstraint {
  readonly #automaton: Automaton;
  readonly #vocabulary: Vocabulary;
  readonly #bytes: readonly Uint8Array[];
  /** By state, the state after each token [V], or -1. */
  readonly #nextStates = new Map<number, Int32Array>();
  /** By the stop tokens, which are no part of a text. */
  readonly #plans = new Map<string, Plan>();

  /** @throws ArgumentError where nothing matches the expression, or it takes too many states */
  constructor(expression: Expression, tokenizer: TokenBytes) {
    this.#automaton = new Automaton(expression);
    this.#vocabulary = Vocabulary.of(tokenizer);
    this.#bytes = this.#vocabulary.bytes();
  }

  /** Forbids what does not lead to a match. A stop token may come where the text is a match. logits: [V] */
  restrict(logits: Float64Array, text: TextSoFar, stopTokens: readonly number[]): Float64Array {
    const { next, fits, complete } = this.#ways(text, stopTokens);
    const left = logits.map((logit, token) => (fits(next[token]!) ? logit : -Infinity));
    for (const token of stopTokens) left[token] = complete ? logits[token]! : -Infinity;
    return left;
  }

  /** Whether the text is a match that nothing may follow. */
  ends(text: TextSoFar, stopTokens: readonly number[]): boolean {
    const { next, fits, complete } = this.#ways(text, stopTokens);
    return complete && !next.some((state, token) => fits(state) && !stopTokens.includes(token));
  }

  /**
   * @throws ArgumentError where the shortest text takes more tokens than there are, or tokens that there are
   * not
   */
  checkBudget(tokens: number, stopTokens: readonly number[]): void {
    const plan = this.#plan(stopTokens);
    if (plan.fits(0, tokens)) return;
    const least = plan.needed(0);
    const wanted = Number.isFinite(least) ? `at least ${least} tokens` : "a vocabulary that can write it";
    throw new ArgumentError("constraint", wanted, Number.isFinite(least) ? tokens : "one that cannot");
  }

  #ways(text: TextSoFar, stopTokens: readonly number[]) {
    const plan = this.#plan(stopTokens);
    const state = this.#stateAfter(text.tokens.slice(text.promptLength));
    const rest = text.remaining - 1;
    return {
      next: this.#nextOf(state),
      fits: (next: number) => next >= 0 && plan.fits(next, rest),
      complete: this.#automaton.accepts(state),
    };
  }

  #stateAfter(tokens: readonly number[]): number {
    let state = 0;
    for (const token of tokens) {
      for (const byte of this.#bytes[token] ?? []) {
        state = this.#automaton.next(state, byte);
        if (state < 0) throw new ArgumentError("constraint", "a text that it allows", `token ${token}`);
      }
    }
    return state;
  }

  #nextOf(state: number): Int32Array {
    const known = this.#nextStates.get(state);
    if (known) return known;
    const next = new Int32Array(this.#vocabulary.size).fill(-1);
    this.#vocabulary.walk(this.#automaton, state, (token, after) => {
      next[token] = after;
    });
    if ((this.#nextStates.size + 1) * next.length > KEPT_NUMBERS) this.#nextStates.clear();
    this.#nextStates.set(state, next);
    return next;
  }

  #plan(stopTokens: readonly number[]): Plan {
    const key = stopTokens.join();
    const plan = this.#plans.get(key) ?? new Plan(this.#automaton, this.#vocabulary, new Set(stopTokens));
    this.#plans.set(key, plan);
    return plan;
  }
}

import type { Automaton } from "./automaton.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * How many tokens it takes at least to finish a text: so a generation never begins what it cannot end in
 * time.
 */
export class Plan {
  readonly #automaton: Automaton;
  readonly #vocabulary: Vocabulary;
  readonly #stopTokens: ReadonlySet<number>;
  /**
   * By state, tokens that suffice: those needed if each is one byte or one character. Found fast, and mostly
   * enough to know.
   */
  readonly #sufficient: Float64Array;
  /** By state, the least number, of any tokens; found when first asked for. */
  #needed: Float64Array | null = null;

  constructor(automaton: Automaton, vocabulary: Vocabulary, stopTokens: ReadonlySet<number>) {
    this.#automaton = automaton;
    this.#vocabulary = vocabulary;
    this.#stopTokens = stopTokens;
    this.#sufficient = tokensToAccept(automaton, vocabulary.shortTokens(), stopTokens);
  }

  /** Whether a text in a state can be finished with so many tokens. */
  fits(state: number, tokens: number): boolean {
    return this.#sufficient[state]! <= tokens || this.needed(state) <= tokens;
  }

  /** The least number of tokens that finish a text in a state; Infinity where the vocabulary cannot. */
  needed(state: number): number {
    this.#needed ??= tokensToAccept(this.#automaton, this.#vocabulary, this.#stopTokens);
    return this.#needed[state]!;
  }
}

/**
 * By state, the number of tokens on the shortest way to an accepting one: a breadth-first search from there
 * backwards.
 */
function tokensToAccept(
  automaton: Automaton,
  vocabulary: Vocabulary,
  stopTokens: ReadonlySet<number>,
): Float64Array {
  const before: number[][] = Array.from({ length: automaton.states }, () => []);
  const distance = new Float64Array(automaton.states).fill(Number.POSITIVE_INFINITY);
  const queue: number[] = [];
  for (let state = 0; state < automaton.states; state++) {
    if (automaton.accepts(state)) {
      distance[state] = 0;
      queue.push(state);
    }
    const seen = new Set<number>();
    vocabulary.walk(automaton, state, (token, next) => {
      if (!stopTokens.has(token)) seen.add(next);
    });
    for (const next of seen) before[next]!.push(state);
  }
  for (const state of queue) {
    for (const earlier of before[state]!) {
      if (distance[earlier]! < Number.POSITIVE_INFINITY) continue;
      distance[earlier] = distance[state]! + 1;
      queue.push(earlier);
    }
  }
  return distance;
}

import { ArgumentError } from "../../errors.ts";
import type { Expression } from "./expression.ts";
import { expressionGraph, type Graph } from "./graph.ts";

/** So many states take some megabytes and a second to make. */
const MOST_STATES = 20_000;

/**
 * Reads UTF-8 byte by byte and says whether what it has read can become a text of the expression. State 0 is
 * the start. From every state an accepting one can be reached.
 */
export class Automaton {
  readonly states: number;
  /** Bytes that no state tells apart share a class. */
  readonly #classOf: Uint8Array;
  readonly #classes: number;
  /** [states, classes], -1 where there is no way. */
  readonly #next: Int32Array;
  readonly #accepting: Uint8Array;

  /** @throws ArgumentError where nothing matches the expression, or it takes too many states */
  constructor(expression: Expression) {
    const graph = expressionGraph(expression);
    const { classOf, classes } = byteClasses(graph);
    const { next, accepting } = determinize(graph, classOf, classes);
    this.states = accepting.length;
    this.#classOf = classOf;
    this.#classes = classes;
    this.#next = Int32Array.from(next);
    this.#accepting = Uint8Array.from(accepting);
  }

  /** The state after one more byte, or -1 where no text goes on like that. */
  next(state: number, byte: number): number {
    return this.#next[state * this.#classes + this.#classOf[byte]!]!;
  }

  /** Whether what was read is a whole text of the expression. */
  accepts(state: number): boolean {
    return this.#accepting[state] === 1;
  }
}

/** Numbers the bytes by the ranges of the graph that they lie in. */
function byteClasses({ edges }: Graph): { classOf: Uint8Array; classes: number } {
  const begins = new Uint8Array(257);
  for (const { low, high } of edges.flat()) {
    begins[low] = 1;
    begins[high + 1] = 1;
  }
  const classOf = new Uint8Array(256);
  let current = 0;
  for (let byte = 1; byte < 256; byte++) {
    current += begins[byte]!;
    classOf[byte] = current;
  }
  return { classOf, classes: current + 1 };
}

/**
 * The subset construction (Rabin & Scott 1959): a state is the set of all places in the graph where a reader
 * of the same bytes may be.
 */
function determinize(
  graph: Graph,
  classOf: Uint8Array,
  classes: number,
): { next: number[]; accepting: number[] } {
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const numberOf = (places: readonly number[]): number => {
    const set = closure(graph, places);
    const key = set.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (sets.length === MOST_STATES) {
      throw new ArgumentError(
        "constraint",
        `at most ${MOST_STATES} states; make repetitions shorter`,
        "more",
      );
    }
    numbers.set(key, sets.length);
    return sets.push(set) - 1;
  };
  numberOf([graph.start]);
  const next: number[] = [];
  for (let state = 0; state < sets.length; state++) {
    const targets: number[][] = Array.from({ length: classes }, () => []);
    for (const place of sets[state]!) {
      for (const { low, high, to } of graph.edges[place]!) {
        for (let one = classOf[low]!; one <= classOf[high]!; one++) targets[one]!.push(to);
      }
    }
    for (const places of targets) next.push(places.length === 0 ? -1 : numberOf(places));
  }
  return { next, accepting: sets.map((set) => (set.includes(graph.end) ? 1 : 0)) };
}

/**
 * All places that can be reached without a byte, rising; those alone that have a way on or are the end, for
 * no others matter.
 */
function closure(graph: Graph, places: readonly number[]): number[] {
  const seen = new Set(places);
  for (const place of seen) for (const to of graph.jumps[place]!) seen.add(to);
  return [...seen]
    .filter((place) => graph.edges[place]!.length > 0 || place === graph.end)
    .sort((a, b) => a - b);
}

import { IdBuffer } from "./idBuffer.ts";
import { PairTable } from "./pairTable.ts";

/** The different words of a corpus, as symbols from 0 on. */
export interface WordCounts {
  /** The symbols of all words in a row. */
  readonly symbols: Int32Array;
  /** Where each word ends among the symbols. */
  readonly ends: Int32Array;
  /** How often each word occurs. */
  readonly counts: ArrayLike<number>;
}

export interface MergeOptions {
  /** The symbol that the first merge makes; each merge makes the next one. */
  readonly firstId: number;
  /** How many merges to learn at most. */
  readonly merges: number;
  /** A pair that is rarer does not merge. At least 1. */
  readonly minFrequency: number;
}

const NONE = -1;

/**
 * Learns merges: again and again the most frequent pair of neighbours becomes one symbol. Sennrich et al. 2016,
 * algorithm 1. Among equally frequent pairs the one with the smaller left symbol comes first, then the one with
 * the smaller right symbol, as in Hugging Face's trainer; so the order of the words has no influence. Pairs are
 * given in a row, left and right, in the order in which they merge.
 */
export function learnMerges(words: WordCounts, { firstId, merges, minFrequency }: MergeOptions): Int32Array {
  const corpus = new SymbolChains(words);
  const pairs = new PairCounts(corpus);
  const learnt = new IdBuffer(2 * merges);
  for (let merged = firstId; merged < firstId + merges; merged++) {
    const best = pairs.takeMostFrequent();
    if (best === NONE || pairs.countOf(best) < minFrequency) break;
    learnt.push(pairs.leftOf(best));
    learnt.push(pairs.rightOf(best));
    pairs.merge(best, merged);
  }
  return learnt.toArray();
}

/** The symbols of all words: a chain for each word over positions that stay where they are. */
class SymbolChains {
  readonly symbols: Int32Array;
  readonly previous: Int32Array;
  readonly next: Int32Array;
  /** How often the word of a position occurs. */
  readonly weights: Float64Array;

  constructor({ symbols, ends, counts }: WordCounts) {
    this.symbols = symbols.slice();
    this.previous = new Int32Array(symbols.length);
    this.next = new Int32Array(symbols.length);
    this.weights = new Float64Array(symbols.length);
    for (let i = 0; i < symbols.length; i++) {
      this.previous[i] = i - 1;
      this.next[i] = i + 1;
    }
    let start = 0;
    for (const [word, end] of ends.entries()) {
      if (end > start) {
        this.previous[start] = NONE;
        this.next[end - 1] = NONE;
        this.weights.fill(counts[word]!, start, end);
      }
      start = end;
    }
  }
}

/**
 * How often each pair of neighbours occurs and where. Once a pair's newer symbol has been made everywhere, the
 * pair only gets rarer; so the heap may be behind, and what comes to its top is brought up to date.
 */
class PairCounts {
  readonly #corpus: SymbolChains;
  readonly #places = new PairTable(1024);
  readonly #left = new IdBuffer();
  readonly #right = new IdBuffer();
  readonly #counts: number[] = [];
  /** First and last entry of each pair's list of occurrences, in the order in which they were found. */
  readonly #first = new IdBuffer();
  readonly #last = new IdBuffer();
  readonly #position = new IdBuffer();
  readonly #following = new IdBuffer();
  readonly #heap: number[] = [];
  /** Counts by which the heap is in order, by pair. */
  readonly #keys: number[] = [];

  constructor(corpus: SymbolChains) {
    this.#corpus = corpus;
    for (let at = 0; at < corpus.symbols.length; at++) this.#found(at);
    this.#enqueue(0);
  }

  leftOf(pair: number): number {
    return this.#left.at(pair);
  }

  rightOf(pair: number): number {
    return this.#right.at(pair);
  }

  countOf(pair: number): number {
    return this.#counts[pair]!;
  }

  /** Takes the most frequent pair from the heap; -1 where there is none. */
  takeMostFrequent(): number {
    const heap = this.#heap;
    while (heap.length > 0) {
      const pair = heap[0]!;
      const isCurrent = this.#keys[pair] === this.#counts[pair];
      if (isCurrent || this.#counts[pair] === 0) {
        const last = heap.pop()!;
        if (heap.length > 0) {
          heap[0] = last;
          this.#sink();
        }
        if (isCurrent) return pair;
      } else {
        this.#keys[pair] = this.#counts[pair]!;
        this.#sink();
      }
    }
    return NONE;
  }

  /** Replaces every occurrence of a pair, left to right within a word, by the symbol `merged`. */
  merge(pair: number, merged: number): void {
    const { symbols, previous, next, weights } = this.#corpus;
    const [left, right] = [this.leftOf(pair), this.rightOf(pair)];
    const known = this.#counts.length;
    for (let entry = this.#first.at(pair); entry !== NONE; entry = this.#following.at(entry)) {
      const at = this.#position.at(entry);
      const second = next[at]!;
      if (symbols[at] !== left || second === NONE || symbols[second] !== right) continue;
      const [before, after] = [previous[at]!, next[second]!];
      if (before !== NONE) this.#lost(symbols[before]!, left, weights[at]!);
      if (after !== NONE) this.#lost(right, symbols[after]!, weights[at]!);
      symbols[at] = merged;
      symbols[second] = NONE;
      next[at] = after;
      if (after !== NONE) previous[after] = at;
      if (before !== NONE) this.#found(before);
      this.#found(at);
    }
    this.#counts[pair] = 0;
    this.#enqueue(known);
  }

  /** Counts the pair that starts at a position, if one does. */
  #found(at: number): void {
    const { symbols, next, weights } = this.#corpus;
    const second = next[at]!;
    if (second === NONE) return;
    const pair = this.#pairOf(symbols[at]!, symbols[second]!);
    this.#counts[pair]! += weights[at]!;
    const entry = this.#position.length;
    this.#position.push(at);
    this.#following.push(NONE);
    if (this.#last.at(pair) === NONE) this.#first.set(pair, entry);
    else this.#following.set(this.#last.at(pair), entry);
    this.#last.set(pair, entry);
  }

  #lost(left: number, right: number, weight: number): void {
    this.#counts[this.#pairOf(left, right)]! -= weight;
  }

  #pairOf(left: number, right: number): number {
    const place = this.#places.find(left, right);
    if (place !== NONE) return this.#places.mergedAt(place);
    const pair = this.#counts.length;
    this.#places.add(left, right, 0, pair);
    this.#left.push(left);
    this.#right.push(right);
    this.#counts.push(0);
    this.#first.push(NONE);
    this.#last.push(NONE);
    return pair;
  }

  /** Brings the pairs from `first` on into the heap. */
  #enqueue(first: number): void {
    const heap = this.#heap;
    for (let pair = first; pair < this.#counts.length; pair++) {
      this.#keys.push(this.#counts[pair]!);
      let at = heap.push(pair) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!this.#precedes(pair, heap[parent]!)) break;
        heap[at] = heap[parent]!;
        at = parent;
      }
      heap[at] = pair;
    }
  }

  /** Moves the top of the heap to where it belongs. */
  #sink(): void {
    const heap = this.#heap;
    const pair = heap[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#precedes(heap[child]!, pair)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = pair;
  }

  #precedes(a: number, b: number): boolean {
    const [one, other] = [this.#keys[a]!, this.#keys[b]!];
    if (one !== other) return one > other;
    if (this.leftOf(a) !== this.leftOf(b)) return this.leftOf(a) < this.leftOf(b);
    return this.rightOf(a) < this.rightOf(b);
  }
}

import type { PairTable } from "./pairTable.ts";

/** Ranks are below this. */
export const RANK_LIMIT = 2 ** 21;
/** Tokens up to which looking at all pairs again is faster than a heap. */
const SHORT = 24;
/** Scratch above this many tokens is given back after use. */
const KEPT = 2 ** 16;
const NONE = -1;

/**
 * Byte-pair encoding of one word: while two neighbours make a known pair, the pair of lowest rank merges, the
 * leftmost among equals. Sennrich et al. 2016, section 3.2.
 */
export class Merger {
  readonly #pairs: PairTable;
  /** The pair that starts at a position: its place in the table, or NONE. */
  #places = new Int32Array(SHORT);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #heap = new PairHeap(0);

  constructor(pairs: PairTable) {
    this.#pairs = pairs;
  }

  /** Merges ids[0 … length) in place and returns how many are left. O(n log n) for a long word. */
  merge(ids: Int32Array, length: number): number {
    return length <= SHORT ? this.#mergeShort(ids, length) : this.#mergeLong(ids, length);
  }

  /** Looks at every pair, remembers where each stands in the table, and closes the gap after each merge. */
  #mergeShort(ids: Int32Array, length: number): number {
    const [pairs, places] = [this.#pairs, this.#places];
    for (let i = 0; i + 1 < length; i++) places[i] = pairs.find(ids[i]!, ids[i + 1]!);
    for (let count = length; ; count--) {
      let best = NONE;
      let lowest = RANK_LIMIT;
      for (let i = 0; i + 1 < count; i++) {
        if (places[i] === NONE) continue;
        const rank = pairs.rankAt(places[i]!);
        if (rank >= lowest) continue;
        lowest = rank;
        best = i;
      }
      if (best === NONE) return count;
      ids[best] = pairs.mergedAt(places[best]!);
      for (let i = best + 1; i + 1 < count; i++) {
        ids[i] = ids[i + 1]!;
        places[i] = places[i + 1]!;
      }
      if (best > 0) places[best - 1] = pairs.find(ids[best - 1]!, ids[best]!);
      if (best + 2 < count) places[best] = pairs.find(ids[best]!, ids[best + 1]!);
    }
  }

  /** Tokens are a linked list over their positions; the heap holds rank and position of each pair. */
  #mergeLong(ids: Int32Array, length: number): number {
    this.#prepare(length);
    const [pairs, heap, places] = [this.#pairs, this.#heap, this.#places];
    const [next, previous] = [this.#next, this.#previous];
    for (let i = 0; i < length; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
      this.#note(ids, i, length);
    }
    while (heap.size > 0) {
      const { rank, position: at } = heap;
      heap.pop();
      // A pair that has merged otherwise since it was noted.
      if (places[at] === NONE || pairs.rankAt(places[at]!) !== rank) continue;
      const right = next[at]!;
      ids[at] = pairs.mergedAt(places[at]!);
      next[at] = next[right]!;
      places[right] = NONE;
      if (next[at]! < length) previous[next[at]!] = at;
      this.#note(ids, at, length);
      if (previous[at]! >= 0) this.#note(ids, previous[at]!, length);
    }
    let count = 0;
    for (let i = 0; i < length; i = next[i]!) ids[count++] = ids[i]!;
    if (length > KEPT) this.#prepare(SHORT);
    return count;
  }

  /** Looks up the pair that starts at a position. */
  #note(ids: Int32Array, at: number, length: number): void {
    const right = this.#next[at]!;
    const place = right < length ? this.#pairs.find(ids[at]!, ids[right]!) : NONE;
    this.#places[at] = place;
    if (place !== NONE) this.#heap.push(this.#pairs.rankAt(place), at);
  }

  /** Scratch for so many tokens; of a heap, since a merge takes one entry and adds two, for twice as many. */
  #prepare(length: number): void {
    if (length > SHORT && this.#next.length >= length) return;
    this.#places = new Int32Array(length);
    this.#next = new Int32Array(length);
    this.#previous = new Int32Array(length);
    this.#heap = new PairHeap(2 * length);
  }
}

/** Positions by rank, the lowest first, and those of one rank from left to right. */
class PairHeap {
  /** Two arrays, not one of objects or of doubles: an engine would allocate those. */
  readonly #ranks: Int32Array;
  readonly #positions: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#ranks = new Int32Array(capacity);
    this.#positions = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Of the first entry. */
  get rank(): number {
    return this.#ranks[0]!;
  }

  /** Of the first entry. */
  get position(): number {
    return this.#positions[0]!;
  }

  push(rank: number, position: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#follows(parent, rank, position)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, rank, position);
  }

  /** Takes the first entry out. */
  pop(): void {
    const size = --this.#size;
    const rank = this.#ranks[size]!;
    const position = this.#positions[size]!;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#follows(child, this.#ranks[child + 1]!, this.#positions[child + 1]!)) {
        child++;
      }
      if (this.#follows(child, rank, position)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, rank, position);
  }

  /** Whether an entry comes after one of this rank and position. */
  #follows(at: number, rank: number, position: number): boolean {
    const own = this.#ranks[at]!;
    return own > rank || (own === rank && this.#positions[at]! > position);
  }

  #move(from: number, to: number): void {
    this.#ranks[to] = this.#ranks[from]!;
    this.#positions[to] = this.#positions[from]!;
  }

  #put(at: number, rank: number, position: number): void {
    this.#ranks[at] = rank;
    this.#positions[at] = position;
  }
}

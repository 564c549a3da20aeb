/** Numbers of a slot: left, right, rank, merged. */
const WIDTH = 4;
const EMPTY = -1;
/** Odd: 2³² divided by the golden ratio, and another one. Knuth, volume 3, section 6.4: multiplicative hashing. */
const HASH_LEFT = 0x9e3779b1;
const HASH_RIGHT = 0x85ebca77;

/** Which pairs of tokens merge, how early, and into what: a hash table with open addressing. */
export class PairTable {
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  constructor(expected: number) {
    let capacity = 16;
    while (capacity < 2 * expected) capacity *= 2;
    this.#slots = new Int32Array(capacity * WIDTH).fill(EMPTY);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a pair; false, and nothing changed, where it is there. */
  add(left: number, right: number, rank: number, merged: number): boolean {
    if (2 * (this.#size + 1) > this.#mask + 1) this.#grow();
    const at = this.#place(left, right);
    if (this.#slots[at] !== EMPTY) return false;
    this.#slots[at] = left;
    this.#slots[at + 1] = right;
    this.#slots[at + 2] = rank;
    this.#slots[at + 3] = merged;
    this.#size++;
    return true;
  }

  /** The place of a pair among the slots, or -1. */
  find(left: number, right: number): number {
    const at = this.#place(left, right);
    return this.#slots[at] === EMPTY ? -1 : at;
  }

  /** The lower, the earlier. `place` is one that `find` gave. */
  rankAt(place: number): number {
    return this.#slots[place + 2]!;
  }

  mergedAt(place: number): number {
    return this.#slots[place + 3]!;
  }

  /** Where the pair is, or the empty slot where it would be. At most half of the slots are full. */
  #place(left: number, right: number): number {
    const slots = this.#slots;
    let hash = Math.imul(Math.imul(left, HASH_LEFT) ^ right, HASH_RIGHT);
    hash ^= hash >>> 16;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * WIDTH;
      if (slots[at] === EMPTY || (slots[at] === left && slots[at + 1] === right)) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length).fill(EMPTY);
    this.#mask = 2 * this.#mask + 1;
    for (let at = 0; at < old.length; at += WIDTH) {
      if (old[at] === EMPTY) continue;
      this.#slots.set(old.subarray(at, at + WIDTH), this.#place(old[at]!, old[at + 1]!));
    }
  }
}

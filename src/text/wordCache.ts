/** Ids remembered; at more all are forgotten, so that a text of ever new words cannot grow the cache. */
const IDS = 2 ** 18;
/** Words of more UTF-16 units seldom come again. */
const LONGEST_WORD = 64;

/** The ids of words that came before: a text repeats most of its words. */
export class WordCache {
  readonly #starts = new Map<string, number>();
  /** For each word its number of ids, then the ids. */
  readonly #store = new Int32Array(IDS);
  #end = 0;

  /** Where the word's ids start in `ids`; their number stands before them. -1 where the word is not known. */
  find(word: string): number {
    return this.#starts.get(word) ?? -1;
  }

  get ids(): Int32Array {
    return this.#store;
  }

  /** Remembers ids[0 … count) for a word that `find` did not know. */
  add(word: string, ids: Int32Array, count: number): void {
    if (word.length > LONGEST_WORD) return;
    if (this.#end + count + 1 > IDS) {
      this.#starts.clear();
      this.#end = 0;
    }
    this.#store[this.#end++] = count;
    this.#starts.set(word, this.#end);
    for (let i = 0; i < count; i++) this.#store[this.#end++] = ids[i]!;
  }
}

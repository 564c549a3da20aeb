import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { dispose } from "../nn/parameters.ts";

/**
 * What decoding token by token keeps: the keys and values of a batch of sources, computed once, and those of
 * the targets so far.
 */
export class Seq2SeqState {
  /** Of the targets, one per block. */
  readonly cache: readonly KeyValueCache[];
  /** Of the sources, one per block. */
  readonly memory: readonly KeyValueCache[];
  /** Which source each row belongs to. */
  #sources: readonly number[];

  constructor(cache: readonly KeyValueCache[], memory: readonly KeyValueCache[]) {
    this.cache = cache;
    this.memory = memory;
    this.#sources = Array.from(memory[0]?.lengths ?? [], (_, row) => row);
  }

  /**
   * Puts a copy of row rows[b] in the place of row b; a row may come more than once, or not at all, and their
   * number may change.
   */
  reorder(rows: readonly number[]): void {
    for (const layer of this.cache) layer.reorder(rows);
    const sources = rows.map((row) => this.#sources[row]!);
    // Beams of one source change places all the time, and the source stays.
    if (`${sources}` === `${this.#sources}`) return;
    for (const layer of this.memory) layer.reorder(rows);
    this.#sources = sources;
  }

  dispose(): void {
    dispose([this.cache, this.memory]);
  }
}

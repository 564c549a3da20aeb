import { ArgumentError } from "../errors.ts";
import { copyStrided } from "../ops/support/copy.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { parameter, zeros } from "../tensor/create.ts";
import { empty, noteWrite } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface KeyValueCacheOptions {
  readonly batch: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  /** Positions that it can hold. */
  readonly capacity: number;
  readonly runtime: Runtime;
}

/** Positions that there is room for at first. */
const INITIAL_ROOM = 64;

/**
 * The keys and values of the positions that one attention layer has seen, so that no token is computed twice.
 * Rows may be of different lengths: each is written where it ends. It belongs to the runtime; `dispose` frees
 * it.
 */
export class KeyValueCache {
  /** [B, G, room, D]. Others take their place when `reorder` is called, or when there is no more room. */
  keys: Tensor;
  values: Tensor;
  /** Positions that it may hold; room for them is made when it is needed. */
  readonly capacity: number;
  #lengths: readonly number[];

  constructor({ batch, keyHeads, headWidth, capacity, runtime }: KeyValueCacheOptions) {
    const room = Math.min(capacity, INITIAL_ROOM);
    const make = () => owned(zeros([batch, keyHeads, room, headWidth], { runtime }));
    this.keys = make();
    this.values = make();
    this.capacity = capacity;
    this.#lengths = new Array<number>(batch).fill(0);
  }

  /** Positions that each row holds. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** Positions that the longest row holds. */
  get length(): number {
    return Math.max(0, ...this.#lengths);
  }

  /**
   * Appends the keys and values in a packed projection [B, T, (H + 2G)·D], which lie behind the H·D columns
   * of the queries: of row b the first lengths[b] positions, by default all T.
   */
  append(packed: Tensor, heads: number, lengths?: readonly number[]): void {
    const [batch, time] = packed.shape as [number, number];
    const starts = this.#lengths;
    if (batch !== starts.length) throw new ArgumentError("KeyValueCache", `${starts.length} rows`, batch);
    const ends = starts.map((start, row) => start + (lengths?.[row] ?? time));
    const longest = Math.max(0, ...ends);
    if (longest > this.capacity) {
      throw new ArgumentError("KeyValueCache", `at most ${this.capacity} positions`, longest);
    }
    const room = this.keys.shape[2]!;
    if (longest > room) this.#take(starts.keys(), Math.min(this.capacity, Math.max(longest, 2 * room)));
    noteWrite("KeyValueCache", this.keys);
    noteWrite("KeyValueCache", this.values);
    if (starts.every((start) => start === starts[0]) && ends.every((end) => end - starts[0]! === time)) {
      this.#write(packed, heads, { row: 0, rows: batch, start: starts[0] ?? 0, time });
    } else {
      starts.forEach((start, row) => {
        this.#write(packed, heads, { row, rows: 1, start, time: ends[row]! - start });
      });
    }
    this.#lengths = ends;
  }

  /** Forgets what row b holds beyond lengths[b] positions, or every row beyond one length. */
  truncate(lengths: number | readonly number[]): void {
    const wanted = typeof lengths === "number" ? this.#lengths.map((n) => Math.min(n, lengths)) : lengths;
    const fits = (n: number, row: number) => Number.isInteger(n) && n >= 0 && n <= this.#lengths[row]!;
    if (wanted.length !== this.#lengths.length || !wanted.every(fits)) {
      throw new ArgumentError("KeyValueCache.truncate", `lengths up to ${this.#lengths}`, lengths);
    }
    this.#lengths = [...wanted];
  }

  /**
   * Puts a copy of row rows[b] in the place of row b; a row may come more than once, or not at all, and their
   * number may change.
   */
  reorder(rows: readonly number[]): void {
    const lengths = this.#lengths;
    if (!rows.every((row) => Number.isInteger(row) && row >= 0 && row < lengths.length)) {
      throw new ArgumentError("KeyValueCache.reorder", `rows below ${lengths.length}`, rows);
    }
    if (rows.length === lengths.length && rows.every((row, b) => row === b)) return;
    this.#take(rows, this.keys.shape[2]!);
    this.#lengths = rows.map((row) => lengths[row]!);
  }

  /** Forgets every position. */
  clear(): void {
    this.truncate(0);
  }

  dispose(): void {
    this.keys.dispose();
    this.values.dispose();
  }

  /** Replaces the tensors by such of the named rows, with room for so many positions. */
  #take(rows: Iterable<number>, room: number): void {
    const order = [...rows];
    const taken = [this.keys, this.values].map((x) => takeRows(x, order, this.#lengths, room));
    this.dispose();
    this.keys = taken[0]!;
    this.values = taken[1]!;
  }

  /** Writes positions of neighbouring rows from `start` on. */
  #write(packed: Tensor, heads: number, { row, rows, start, time }: Place): void {
    const [, width, columns] = packed.shape as [number, number, number];
    const [, keyHeads, room, headWidth] = this.keys.shape as [number, number, number, number];
    const headStep = room * headWidth;
    [this.keys, this.values].forEach((target, i) => {
      copyStrided(target, packed, {
        shape: [rows, keyHeads, time, headWidth],
        yStrides: [keyHeads * headStep, headStep, headWidth, 1],
        yOffset: row * keyHeads * headStep + start * headWidth,
        xStrides: [width * columns, headWidth, columns, 1],
        xOffset: row * width * columns + (heads + i * keyHeads) * headWidth,
      });
    });
  }
}

interface Place {
  readonly row: number;
  readonly rows: number;
  readonly start: number;
  readonly time: number;
}

const owned = (t: Tensor) => parameter(t, { requiresGrad: false });

/** The named rows of x [B, G, room, D], of each the positions in use; the others are left unset. */
function takeRows(x: Tensor, rows: readonly number[], lengths: readonly number[], room: number): Tensor {
  const [, keyHeads, oldRoom, headWidth] = x.shape as [number, number, number, number];
  const y = owned(empty(x.runtime, [rows.length, keyHeads, room, headWidth]));
  rows.forEach((row, b) => {
    copyStrided(y, x, {
      shape: [keyHeads, lengths[row]!, headWidth],
      yStrides: [room * headWidth, headWidth, 1],
      yOffset: b * keyHeads * room * headWidth,
      xStrides: [oldRoom * headWidth, headWidth, 1],
      xOffset: row * keyHeads * oldRoom * headWidth,
    });
  });
  return y;
}

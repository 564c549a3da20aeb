import { ArgumentError } from "../errors.ts";
import { copyStrided } from "../ops/support/copy.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { parameter, zeros } from "../tensor/create.ts";
import { noteWrite } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface KeyValueCacheOptions {
  readonly batch: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  /** Positions that it can hold. */
  readonly capacity: number;
  readonly runtime: Runtime;
}

/**
 * The keys and values of the positions that one attention layer has seen, so that no token is computed twice. It belongs to the runtime;
 * `dispose` frees it.
 */
export class KeyValueCache {
  /** [B, G, capacity, D] */
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly capacity: number;
  #length = 0;

  constructor({ batch, keyHeads, headWidth, capacity, runtime }: KeyValueCacheOptions) {
    const make = () =>
      parameter(zeros([batch, keyHeads, capacity, headWidth], { runtime }), { requiresGrad: false });
    this.keys = make();
    this.values = make();
    this.capacity = capacity;
  }

  /** Positions that it holds. */
  get length(): number {
    return this.#length;
  }

  /** Appends the keys and values in a packed projection [B, T, (H + 2G)·D], which lie behind the H·D columns of the queries. */
  append(packed: Tensor, heads: number): void {
    const [batch, time, columns] = packed.shape as [number, number, number];
    const [, keyHeads, , headWidth] = this.keys.shape as [number, number, number, number];
    if (this.#length + time > this.capacity) {
      throw new ArgumentError("KeyValueCache", `at most ${this.capacity} positions`, this.#length + time);
    }
    const headStep = this.capacity * headWidth;
    [this.keys, this.values].forEach((target, i) => {
      noteWrite("KeyValueCache", target);
      copyStrided(target, packed, {
        shape: [batch, keyHeads, time, headWidth],
        yStrides: [keyHeads * headStep, headStep, headWidth, 1],
        yOffset: this.#length * headWidth,
        xStrides: [time * columns, headWidth, columns, 1],
        xOffset: (heads + i * keyHeads) * headWidth,
      });
    });
    this.#length += time;
  }

  /** Forgets every position. */
  clear(): void {
    this.#length = 0;
  }

  dispose(): void {
    this.keys.dispose();
    this.values.dispose();
  }
}

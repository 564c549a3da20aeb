import { ArgumentError } from "../../errors.ts";
import { checkWhole } from "../../models/transformerConfig.ts";
import type { Random } from "../../random.ts";

/** 0 … count-1 in random order: the shuffle of Fisher & Yates, as in Knuth, volume 2, algorithm P. */
export function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i, 0, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

export interface EpochOptions {
  /** Examples in one batch; the last of an epoch may have fewer. */
  readonly batch: number;
  /** Key of the orders. */
  readonly random: Random;
  /** Length of an example. With it, those of one batch have similar ones, so that little is padded. */
  readonly lengthOf?: (example: number) => number;
}

/**
 * Batches drawn at once and sorted by length among themselves: enough that neighbours are of about one
 * length, few enough that they are others in each epoch.
 */
const BATCHES_PER_POOL = 64;

/**
 * Examples in epochs: in each, every example comes once, in another order. What is in a batch depends on the
 * key and the step alone; the order of the epoch that was asked for last is remembered.
 */
export class Epochs {
  readonly stepsPerEpoch: number;
  readonly #count: number;
  readonly #options: EpochOptions;
  #epoch = -1;
  #batches: readonly Int32Array[] = [];

  /** @throws ArgumentError for no examples, or a batch that is no whole number from 1 on */
  constructor(where: string, count: number, options: EpochOptions) {
    const { batch } = options;
    if (count < 1) throw new ArgumentError(where, "at least one example", count);
    checkWhole(where, "batch", batch);
    this.#count = count;
    this.#options = options;
    this.stepsPerEpoch = Math.ceil(count / batch);
  }

  /** The examples of a step's batch. */
  at(step: number): Int32Array {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.#epoch) {
      this.#batches = this.#batchesOf(this.#options.random.fork(epoch));
      this.#epoch = epoch;
    }
    return this.#batches[step % this.stepsPerEpoch]!;
  }

  #batchesOf(random: Random): Int32Array[] {
    const { batch, lengthOf } = this.#options;
    const order = shuffled(this.#count, random.fork("examples"));
    if (lengthOf) {
      const pool = batch * BATCHES_PER_POOL;
      for (let start = 0; start < order.length; start += pool) {
        order.subarray(start, start + pool).sort((a, b) => lengthOf(a) - lengthOf(b));
      }
    }
    const batches = Array.from({ length: this.stepsPerEpoch }, (_, i) =>
      order.subarray(i * batch, (i + 1) * batch),
    );
    if (!lengthOf) return batches;
    return Array.from(shuffled(batches.length, random.fork("batches")), (i) => batches[i]!);
  }
}

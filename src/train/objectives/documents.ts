import { ArgumentError } from "../../errors.ts";
import { checkWhole } from "../../models/transformerConfig.ts";
import type { Random } from "../../random.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Batch, Batches } from "../batches.ts";
import { padRows } from "./rows.ts";

/**
 * Documents joined to one text, each between end tokens: what `TokenBatches` cuts windows from and `evaluate`
 * reads. From the token before it the first symbol of a document is predicted (Radford et al. 2019).
 *
 *   end d₀ d₁ … end e₀ e₁ … end
 */
export function packDocuments(documents: readonly Int32Array[], endToken: number): Int32Array<ArrayBuffer> {
  const size = documents.reduce((sum, { length }) => sum + length + 1, 1);
  const packed = new Int32Array(size).fill(endToken);
  let place = 1;
  for (const symbols of documents) {
    packed.set(symbols, place);
    place += symbols.length + 1;
  }
  return packed;
}

export interface DocumentBatchesOptions {
  readonly batch: number;
  readonly contextLength: number;
  /** Stands before and after each document. */
  readonly endToken: number;
  /** Key of the windows. */
  readonly random: Random;
  readonly runtime?: Runtime;
}

/** Targets of positions that are padding: `crossEntropy` leaves them out. */
const NO_TARGET = -100;

/**
 * Windows that stay inside documents: each document, with the end tokens around it, is cut into windows from
 * its beginning, so that no symbol is predicted from another document. Windows are drawn with probabilities
 * proportional to their lengths, which are at most `contextLength`; shorter ones are padded, and their
 * padding counts nowhere.
 */
export class DocumentBatches implements Batches {
  readonly tokensPerBatch: number;
  readonly #text: Int32Array;
  readonly #options: DocumentBatchesOptions;
  /**
   * Where windows begin, rising; a window ends where the next one begins. One more than there are windows.
   */
  readonly #starts: readonly number[];

  /** @throws ArgumentError when there are no documents, or for numbers out of range */
  constructor(documents: readonly Int32Array[], options: DocumentBatchesOptions) {
    const { batch, contextLength, endToken } = options;
    if (documents.length === 0) throw new ArgumentError("DocumentBatches", "at least one document", 0);
    checkWhole("DocumentBatches", "contextLength", contextLength);
    checkWhole("DocumentBatches", "batch", batch);
    this.#text = packDocuments(documents, endToken);
    this.#options = options;
    this.#starts = windowStarts(documents, contextLength);
    this.tokensPerBatch = batch * meanDrawn(this.#starts);
  }

  at(step: number): Batch {
    const { batch, random, endToken, runtime } = this.#options;
    const key = random.fork(step);
    const windows = Array.from({ length: batch }, (_, row) => {
      const place = key.integer(row, 0, this.#text.length - 1);
      return this.#windowAt(place);
    });
    const cut = (shift: number) =>
      windows.map(([start, end]) => this.#text.subarray(start + shift, end + shift));
    return {
      inputs: padRows(cut(0), endToken, { runtime }).tokens,
      targets: padRows(cut(1), NO_TARGET, { runtime }).tokens,
    };
  }

  /** Start and end of the window that has a place, by bisection. */
  #windowAt(place: number): readonly [number, number] {
    let [low, high] = [0, this.#starts.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= place) low = middle;
      else high = middle;
    }
    return [this.#starts[low]!, this.#starts[high]!];
  }
}

/** Of packed documents: in each, every `contextLength` symbols from the end token before it. */
function windowStarts(documents: readonly Int32Array[], contextLength: number): number[] {
  const starts: number[] = [];
  let place = 0;
  for (const { length } of documents) {
    for (let inside = 0; inside <= length; inside += contextLength) starts.push(place + inside);
    place += length + 1;
  }
  return [...starts, place];
}

/** The mean length of a window that is drawn with a probability proportional to its length. */
function meanDrawn(starts: readonly number[]): number {
  const squares = starts.slice(1).reduce((sum, end, i) => sum + (end - starts[i]!) ** 2, 0);
  return squares / starts.at(-1)!;
}

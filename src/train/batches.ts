import { ArgumentError } from "../errors.ts";
import { checkWhole } from "../models/transformerConfig.ts";
import type { Random } from "../random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What a model is trained on in one step: each target is the symbol that follows its input. */
export interface Batch {
  /** [B, T], i32 */
  readonly inputs: Tensor;
  /** [B, T], i32 */
  readonly targets: Tensor;
}

/**
 * A function of the step and of nothing else, so that training can go on anywhere. The caller's scope owns
 * the tensors. What a batch holds is between the batches and the loss: the objectives of this folder have
 * their own.
 */
export interface Batches<Kind = Batch> {
  at(step: number): Kind;
  /** Symbols in one batch; where batches differ, their mean. */
  readonly tokensPerBatch: number;
}

export interface TokenBatchesOptions {
  readonly batch: number;
  readonly contextLength: number;
  /** Key of the places where the windows begin. */
  readonly random: Random;
  readonly runtime?: Runtime;
}

/** Windows of a long text at random places, drawn with replacement. */
export class TokenBatches implements Batches {
  readonly tokensPerBatch: number;
  readonly #tokens: Int32Array;
  readonly #options: TokenBatchesOptions;

  /** @throws ArgumentError when the text is not longer than the context, or for numbers out of range */
  constructor(tokens: Int32Array, options: TokenBatchesOptions) {
    const { batch, contextLength } = options;
    checkWhole("TokenBatches", "batch", batch);
    checkWhole("TokenBatches", "contextLength", contextLength);
    if (tokens.length <= contextLength) {
      throw new ArgumentError("TokenBatches", `a text of more than ${contextLength} symbols`, tokens.length);
    }
    this.#tokens = tokens;
    this.#options = options;
    this.tokensPerBatch = batch * contextLength;
  }

  at(step: number): Batch {
    const { batch, contextLength, random } = this.#options;
    const key = random.fork(step);
    const starts = Array.from({ length: batch }, (_, row) =>
      key.integer(row, 0, this.#tokens.length - contextLength),
    );
    return { inputs: this.#windows(starts, 0), targets: this.#windows(starts, 1) };
  }

  #windows(starts: readonly number[], shift: number): Tensor {
    const { contextLength, runtime } = this.#options;
    const data = new Int32Array(starts.length * contextLength);
    starts.forEach((start, row) => {
      data.set(this.#tokens.subarray(start + shift, start + shift + contextLength), row * contextLength);
    });
    return tensor(data, { shape: [starts.length, contextLength], ...(runtime ? { runtime } : {}) });
  }
}

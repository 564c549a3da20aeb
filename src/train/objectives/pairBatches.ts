import { ArgumentError } from "../../errors.ts";
import type { Seq2Seq } from "../../models/seq2seq.ts";
import type { Random } from "../../random.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Batches } from "../batches.ts";
import type { LossFunction } from "../train.ts";
import { Epochs } from "./epochs.ts";
import { padRows } from "./rows.ts";

/** What is read, and what is to be written, without start and end. */
export interface SequencePair {
  readonly source: Int32Array;
  readonly target: Int32Array;
}

/** The symbols that stand around targets, as the model's configuration has them. */
export interface SequenceSymbols {
  readonly startToken: number;
  readonly endToken: number;
  readonly paddingToken: number;
}

/** What an encoder-decoder learns from with teacher forcing. */
export interface Seq2SeqBatch {
  /** [B, S], i32 */
  readonly source: Tensor;
  readonly sourceLengths: readonly number[];
  /** What the decoder reads: a start and the target. [B, T], i32 */
  readonly target: Tensor;
  /** What it is asked for: the target and its end. [B, T], i32 */
  readonly next: Tensor;
  readonly targetLengths: readonly number[];
}

export interface PairBatchesOptions extends SequenceSymbols {
  /** Pairs in one batch. */
  readonly batch: number;
  /** Key of the orders. */
  readonly random: Random;
  /** Whether a batch's pairs have similar lengths, so that little is padded. Default true. */
  readonly bucketed?: boolean;
  readonly runtime?: Runtime;
}

/**
 * Pairs of sequences in epochs: in each, every pair comes once, in another order.
 *
 * ```ts
 * const batches = new PairBatches(pairs, { batch: 64, random, startToken: 1, endToken: 2, paddingToken: 0 });
 * for await (const step of train(seq2seqLoss(model), batches, { optimizer, steps })) console.log(step.loss);
 * ```
 */
export class PairBatches implements Batches<Seq2SeqBatch> {
  readonly tokensPerBatch: number;
  readonly stepsPerEpoch: number;
  readonly #pairs: readonly SequencePair[];
  readonly #options: PairBatchesOptions;
  readonly #epochs: Epochs;

  constructor(pairs: readonly SequencePair[], options: PairBatchesOptions) {
    const { batch, random, bucketed = true } = options;
    const lengthOf = (i: number) => Math.max(pairs[i]!.source.length, pairs[i]!.target.length + 1);
    this.#epochs = new Epochs("PairBatches", pairs.length, {
      batch,
      random,
      ...(bucketed ? { lengthOf } : {}),
    });
    this.#pairs = pairs;
    this.#options = options;
    this.stepsPerEpoch = this.#epochs.stepsPerEpoch;
    const symbols = pairs.reduce((sum, { source, target }) => sum + source.length + target.length + 1, 0);
    this.tokensPerBatch = symbols / this.stepsPerEpoch;
  }

  at(step: number): Seq2SeqBatch {
    const chosen = Array.from(this.#epochs.at(step), (i) => this.#pairs[i]!);
    return seq2seqBatch(chosen, this.#options);
  }
}

/** Pairs as one batch, padded. */
export function seq2seqBatch(
  pairs: readonly SequencePair[],
  { startToken, endToken, paddingToken, runtime }: SequenceSymbols & { readonly runtime?: Runtime },
): Seq2SeqBatch {
  const padded = (rows: readonly ArrayLike<number>[]) => padRows(rows, paddingToken, { runtime });
  const sources = padded(pairs.map(({ source }) => source));
  const targets = padded(pairs.map(({ target }) => [startToken, ...target]));
  const next = padded(pairs.map(({ target }) => [...target, endToken]));
  return {
    source: sources.tokens,
    sourceLengths: sources.lengths,
    target: targets.tokens,
    next: next.tokens,
    targetLengths: targets.lengths,
  };
}

/**
 * The loss of an encoder-decoder with teacher forcing, for `train` and `estimateLoss`.
 *
 * `labelSmoothing`: the share of each target's probability that is spread over the vocabulary. Default 0.1,
 * as in Vaswani et al. 2017, section 5.4; 0 gives the negative log-likelihood.
 *
 * @throws ArgumentError for a model whose configuration names no padding token, which would be learnt as a
 * symbol
 */
export function seq2seqLoss(
  model: Seq2Seq,
  { labelSmoothing = 0.1 }: { readonly labelSmoothing?: number } = {},
): LossFunction<Seq2SeqBatch> {
  if (model.config.paddingToken === undefined) {
    throw new ArgumentError("seq2seqLoss", "a model whose configuration has a paddingToken", undefined);
  }
  return ({ source, target, next, sourceLengths, targetLengths }, context) =>
    model.loss(source, target, next, { ...context, sourceLengths, targetLengths, labelSmoothing });
}

import { ArgumentError } from "../../errors.ts";
import type { Bert, BertTargets } from "../../models/bert.ts";
import { checkWhole } from "../../models/transformerConfig.ts";
import type { Random } from "../../random.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Batches } from "../batches.ts";
import type { LossFunction } from "../train.ts";
import { padRows } from "./rows.ts";
import { SentencePairs, SentenceRuns, type Sentences } from "./sentencePairs.ts";
import { type BertSymbols, type MaskedTokens, type MaskingOptions, TokenMasker } from "./tokenMasker.ts";

/** What a `Bert` is pre-trained on. */
export interface BertBatch {
  /** [B, T], i32, some of them masked. */
  readonly tokens: Tensor;
  /** [B, T], i32: 0 up to the first separator, then 1. */
  readonly segments: Tensor;
  /** Symbols of each row that are no padding. */
  readonly lengths: readonly number[];
  readonly targets: BertTargets;
}

export interface BertBatchesOptions extends MaskingOptions {
  readonly symbols: BertSymbols;
  readonly batch: number;
  /** Symbols of a row at most, special ones included. */
  readonly contextLength: number;
  /** Key of the texts and masks. */
  readonly random: Random;
  /** Whether rows are pairs for next-sentence prediction, half of them from two documents. Default true. */
  readonly pairs?: boolean;
  readonly runtime?: Runtime;
}

interface Row {
  readonly tokens: Int32Array;
  /** Symbols of segment 0. */
  readonly boundary: number;
  /** 0 where the second text follows the first, 1 where it is from elsewhere. */
  readonly pair: number;
}

/**
 * Masked language modelling and next-sentence prediction at once (Devlin et al. 2018, section 3.1).
 *
 *   tokens    [CLS] a a a [SEP] b b [SEP]   or without pairs   [CLS] a a a a a [SEP]
 *   segments    0   0 0 0   0   1 1   1                          0   0 0 0 0 0   0
 *
 * ```ts
 * const symbols = bertSymbols(tokenizer);
 * const batches = new BertBatches(documents, { symbols, batch: 32, contextLength: 128, random });
 * for await (const step of train(bertLoss(model), batches, { optimizer, steps })) console.log(step.loss);
 * ```
 */
export class BertBatches implements Batches<BertBatch> {
  readonly tokensPerBatch: number;
  readonly #draw: (random: Random) => Row;
  readonly #masker: TokenMasker;
  readonly #options: BertBatchesOptions;

  /** @throws ArgumentError for documents too few, or a context that has no room for text */
  constructor(documents: readonly Sentences[], options: BertBatchesOptions) {
    const { batch, contextLength, pairs = true, symbols } = options;
    if (!Number.isInteger(contextLength) || contextLength < 5) {
      throw new ArgumentError("BertBatches.contextLength", "a whole number from 5 on", contextLength);
    }
    checkWhole("BertBatches", "batch", batch);
    this.#options = options;
    this.#masker = new TokenMasker(symbols, options);
    this.#draw = pairs ? drawPairs(documents, options) : drawRuns(documents, options);
    this.tokensPerBatch = batch * contextLength;
  }

  at(step: number): BertBatch {
    const { batch, random, symbols, pairs = true, runtime } = this.#options;
    const key = random.fork(step);
    const rows = Array.from({ length: batch }, (_, row) => this.#draw(key.fork(row).fork("text")));
    const masked = rows.map(({ tokens }, row) => this.#masker.mask(tokens, key.fork(row).fork("mask")));
    return assemble(rows, masked, { pairs, filler: symbols.paddingToken, runtime });
  }
}

/** The sum of the losses of both objectives, for `train` and `estimateLoss`. */
export function bertLoss(model: Bert): LossFunction<BertBatch> {
  return ({ tokens, targets, segments, lengths }, context) =>
    model.loss(tokens, targets, { ...context, segments, lengths });
}

function drawPairs(documents: readonly Sentences[], options: BertBatchesOptions): (random: Random) => Row {
  const { classToken, separatorToken } = options.symbols;
  const source = new SentencePairs(documents);
  return (random) => {
    const { first, second, follows } = source.draw(options.contextLength - 3, random);
    const tokens = Int32Array.of(classToken, ...first, separatorToken, ...second, separatorToken);
    return { tokens, boundary: first.length + 2, pair: follows ? 0 : 1 };
  };
}

function drawRuns(documents: readonly Sentences[], options: BertBatchesOptions): (random: Random) => Row {
  const { classToken, separatorToken } = options.symbols;
  const source = new SentenceRuns(documents);
  return (random) => {
    const text = source.draw(options.contextLength - 2, random);
    const tokens = Int32Array.of(classToken, ...text, separatorToken);
    return { tokens, boundary: tokens.length, pair: 0 };
  };
}

function assemble(
  rows: readonly Row[],
  masked: readonly MaskedTokens[],
  { pairs, filler, runtime }: { pairs: boolean; filler: number; runtime: Runtime | undefined },
): BertBatch {
  const inputs = padRows(
    masked.map((row) => row.inputs),
    filler,
    { runtime },
  );
  const segments = rows.map(({ tokens, boundary }) => tokens.map((_, place) => (place < boundary ? 0 : 1)));
  const wanted = padRows(
    masked.map((row) => row.targets),
    -100,
    { runtime },
  );
  const labels = Int32Array.from(rows, ({ pair }) => pair);
  return {
    tokens: inputs.tokens,
    segments: padRows(segments, 0, { runtime }).tokens,
    lengths: inputs.lengths,
    targets: {
      tokens: wanted.tokens,
      ...(pairs ? { pairs: tensor(labels, runtime ? { runtime } : {}) } : {}),
    },
  };
}

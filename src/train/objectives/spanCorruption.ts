import { ArgumentError } from "../../errors.ts";
import { checkWhole } from "../../models/transformerConfig.ts";
import type { Random } from "../../random.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Batches } from "../batches.ts";
import { shuffled } from "./epochs.ts";
import { type Seq2SeqBatch, type SequencePair, type SequenceSymbols, seq2seqBatch } from "./pairBatches.ts";

export interface SpanOptions {
  /** Symbols that stand for the spans left out, in this order; one more than there are spans. */
  readonly sentinels: readonly number[];
  /** Share of the symbols that are left out. Default 0.15. */
  readonly rate?: number;
  /** Symbols that a span has on average. Default 3. */
  readonly meanSpan?: number;
}

/**
 * Leaves spans out of a text and asks for them (Raffel et al. 2020, section 3.1.4 and figure 2).
 *
 *   text     Thank you for inviting me to your party last week
 *   source   Thank you X me to your party Y week
 *   target   X for inviting Y last Z
 *
 * round(rate·n) symbols are left out, but one at least and one stays; in round(that/meanSpan) spans, whose
 * lengths, and those of what stays between them, are drawn uniformly from all ways to share the symbols. The
 * text begins with what stays.
 *
 * @throws ArgumentError for a text of fewer than two symbols, numbers out of range, or too few sentinels
 */
export function corruptSpans(tokens: Int32Array, random: Random, options: SpanOptions): SequencePair {
  const { sentinels } = options;
  const { left, spans } = countSpans(tokens.length, options);
  const gone = shares(left, spans, random.fork("spans"));
  const kept = shares(tokens.length - left, spans, random.fork("between"));
  const [source, target]: [number[], number[]] = [[], []];
  let place = 0;
  for (let i = 0; i < spans; i++) {
    const start = place + kept[i]!;
    source.push(...tokens.subarray(place, start), sentinels[i]!);
    place = start + gone[i]!;
    target.push(sentinels[i]!, ...tokens.subarray(start, place));
  }
  target.push(sentinels[spans]!);
  return { source: Int32Array.from(source), target: Int32Array.from(target) };
}

/** How many symbols are left out, and in how many spans. */
function countSpans(length: number, { sentinels, rate = 0.15, meanSpan = 3 }: SpanOptions) {
  if (length < 2) throw new ArgumentError("corruptSpans", "a text of at least two symbols", length);
  if (!(rate > 0 && rate < 1)) throw new ArgumentError("corruptSpans.rate", "a share between 0 and 1", rate);
  if (!(meanSpan >= 1)) throw new ArgumentError("corruptSpans.meanSpan", "a number from 1 on", meanSpan);
  const left = Math.min(length - 1, Math.max(1, Math.round(length * rate)));
  const spans = Math.min(length - left, Math.max(1, Math.round(left / meanSpan)));
  if (sentinels.length <= spans) {
    throw new ArgumentError(
      "corruptSpans.sentinels",
      `${spans + 1} sentinels for ${length} symbols`,
      sentinels.length,
    );
  }
  return { left, spans };
}

/** `total` shared among `parts`, each at least 1: all ways are equally likely. */
function shares(total: number, parts: number, random: Random): number[] {
  // The parts end before parts - 1 of the total - 1 symbols behind the first.
  const ends = shuffled(total - 1, random)
    .subarray(0, parts - 1)
    .sort();
  return Array.from({ length: parts }, (_, i) => {
    const start = i === 0 ? 0 : ends[i - 1]! + 1;
    return (i === parts - 1 ? total : ends[i]! + 1) - start;
  });
}

export interface SpanBatchesOptions extends SpanOptions, SequenceSymbols {
  readonly batch: number;
  /** Symbols of a text before spans are left out of it. */
  readonly contextLength: number;
  /** Key of the windows and spans. */
  readonly random: Random;
  readonly runtime?: Runtime;
}

/**
 * Windows of a long text at random places, spans of which are left out, for `seq2seqLoss`. All rows of a
 * batch are equally long.
 */
export class SpanBatches implements Batches<Seq2SeqBatch> {
  readonly tokensPerBatch: number;
  readonly #tokens: Int32Array;
  readonly #options: SpanBatchesOptions;

  /** @throws ArgumentError when the text is shorter than the context, or there are too few sentinels */
  constructor(tokens: Int32Array, options: SpanBatchesOptions) {
    const { batch, contextLength } = options;
    checkWhole("SpanBatches", "batch", batch);
    checkWhole("SpanBatches", "contextLength", contextLength);
    if (tokens.length < contextLength) {
      throw new ArgumentError("SpanBatches", `a text of at least ${contextLength} symbols`, tokens.length);
    }
    const { left, spans } = countSpans(contextLength, options);
    this.#tokens = tokens;
    this.#options = options;
    const [source, target] = [contextLength - left + spans, left + spans + 1];
    this.tokensPerBatch = batch * (source + target + 1);
  }

  at(step: number): Seq2SeqBatch {
    const { batch, contextLength, random } = this.#options;
    const key = random.fork(step);
    const pairs = Array.from({ length: batch }, (_, row) => {
      const start = key.integer(row, 0, this.#tokens.length - contextLength + 1);
      const window = this.#tokens.subarray(start, start + contextLength);
      return corruptSpans(window, key.fork(row), this.#options);
    });
    return seq2seqBatch(pairs, this.#options);
  }
}

import type { Bert } from "../../models/bert.ts";
import { checkWhole } from "../../models/transformerConfig.ts";
import { argmax } from "../../ops/argmax.ts";
import { indexSelect } from "../../ops/indexSelect.ts";
import { reshape } from "../../ops/reshape.ts";
import { Breath } from "../../runtime/breath.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Batches } from "../batches.ts";
import type { BertBatch } from "./bertBatches.ts";

export interface BertAccuracy {
  /** Share of the masked symbols that were told. */
  readonly tokens: number;
  /** Share of the pairs that were told; NaN where there are none. Chance is 1/2. */
  readonly pairs: number;
  /**
   * Share of the masked symbols that telling the most frequent one each time would get right: what a model
   * knows that does not read.
   */
  readonly tokensByChance: number;
}

/** How well both objectives are met on batches 0 … count-1: the same each time. Nothing is dropped. */
export async function bertAccuracy(
  model: Bert,
  batches: Batches<BertBatch>,
  count: number,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<BertAccuracy> {
  checkWhole("bertAccuracy", "count", count);
  const { runtime } = model;
  const breath = new Breath();
  const wanted: number[] = [];
  let [tokens, pairs, allPairs] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    await breath.take(signal);
    const told = runtime.withRecording(false, () => runtime.scope(() => tell(model, batches.at(i))));
    tokens += countEqual(told.tokens, told.wantedTokens);
    pairs += countEqual(told.pairs, told.wantedPairs);
    allPairs += told.wantedPairs.length;
    wanted.push(...told.wantedTokens);
  }
  return {
    tokens: tokens / wanted.length,
    pairs: pairs / allPairs,
    tokensByChance: mostFrequent(wanted) / wanted.length,
  };
}

/** What the model tells of a batch, and what it should. */
function tell(model: Bert, { tokens, targets, segments, lengths }: BertBatch) {
  const { hidden, pooled } = model.forward(tokens, { segments, lengths });
  const all = Array.from(targets.tokens.toTypedArray());
  const places = Int32Array.from(all.keys()).filter((place) => all[place]! >= 0);
  const rows = reshape(hidden, [all.length, hidden.shape.at(-1)!]);
  const masked = indexSelect(rows, tensor(places, { runtime: model.runtime }));
  return {
    tokens: likeliest(model.tokenLogits(masked)),
    wantedTokens: Array.from(places, (place) => all[place]!),
    pairs: likeliest(model.pairLogits(pooled)),
    wantedPairs: targets.pairs ? Array.from(targets.pairs.toTypedArray()) : [],
  };
}

const likeliest = (logits: Tensor): number[] => Array.from(argmax(logits, { axis: -1 }).toTypedArray());

const countEqual = (told: readonly number[], wanted: readonly number[]) =>
  wanted.filter((right, i) => told[i] === right).length;

function mostFrequent(symbols: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

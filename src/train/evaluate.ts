import { ArgumentError } from "../errors.ts";
import { exp, log } from "../math.ts";
import { Breath } from "../runtime/breath.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Batches } from "./batches.ts";
import type { Trainable } from "./train.ts";

/** What `evaluate` asks of a model. */
export interface Evaluable extends Trainable {
  readonly config: { readonly contextLength: number };
  readonly runtime: Runtime;
}

export interface Evaluation {
  /** Mean negative log-likelihood per symbol, in nats. */
  readonly loss: number;
  /** e^loss. */
  readonly perplexity: number;
  readonly bitsPerToken: number;
  readonly windows: number;
}

/** Windows run at once. */
const WINDOWS_PER_BATCH = 16;

/**
 * The loss over all full windows of a text that do not overlap, ⌊(n-1)/T⌋ of them, each of T+1 symbols.
 *
 * @throws ArgumentError when the text has no full window
 */
export async function evaluate(
  model: Evaluable,
  tokens: Int32Array,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Evaluation> {
  const { contextLength } = model.config;
  const windows = Math.floor((tokens.length - 1) / contextLength);
  if (windows < 1)
    throw new ArgumentError("evaluate", `a text of more than ${contextLength} symbols`, tokens.length);
  const breath = new Breath();
  let total = 0;
  for (let first = 0; first < windows; first += WINDOWS_PER_BATCH) {
    await breath.take(signal);
    const count = Math.min(WINDOWS_PER_BATCH, windows - first);
    total += count * windowLoss(model, tokens, first * contextLength, count);
  }
  return describeLoss(total / windows, windows);
}

/** The mean loss over batches 0 … count-1: an estimate, the same each time. */
export async function estimateLoss(
  model: Evaluable,
  batches: Batches,
  count: number,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const breath = new Breath();
  let total = 0;
  for (let i = 0; i < count; i++) {
    await breath.take(signal);
    total += unrecorded(model, () => {
      const { inputs, targets } = batches.at(i);
      return model.loss(inputs, targets).item();
    });
  }
  return total / count;
}

function windowLoss(model: Evaluable, tokens: Int32Array, start: number, count: number): number {
  const { contextLength } = model.config;
  const options = { shape: [count, contextLength], runtime: model.runtime };
  const end = start + count * contextLength;
  return unrecorded(model, () =>
    model
      .loss(tensor(tokens.slice(start, end), options), tensor(tokens.slice(start + 1, end + 1), options))
      .item(),
  );
}

function unrecorded(model: Evaluable, body: () => number): number {
  return model.runtime.withRecording(false, () => model.runtime.scope(body));
}

function describeLoss(loss: number, windows: number): Evaluation {
  return { loss, perplexity: exp(loss), bitsPerToken: loss / log(2), windows };
}

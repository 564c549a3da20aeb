import { ArgumentError } from "../errors.ts";
import { exp, log } from "../math.ts";
import { checkWhole } from "../models/transformerConfig.ts";
import { Breath } from "../runtime/breath.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Batch, Batches } from "./batches.ts";
import { type LossFunction, lossOf, type Trainable } from "./train.ts";

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
  /** Where there is a tokenizer: bits for each character (code point) of the text that was predicted. */
  readonly bitsPerCharacter?: number;
  readonly windows: number;
}

export interface EvaluateOptions {
  /** Stops between batches by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** Counts characters. Special tokens cost bits, but are none. */
  readonly tokenizer?: Pick<Tokenizer, "decode">;
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
  { signal, tokenizer }: EvaluateOptions = {},
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
  const described = describeLoss(total / windows, windows);
  if (!tokenizer) return described;
  const predicted = tokens.subarray(1, windows * contextLength + 1);
  const characters = countCharacters(tokenizer.decode(predicted, { skipSpecial: true }));
  return { ...described, bitsPerCharacter: (described.bitsPerToken * predicted.length) / characters };
}

export interface EstimateLossOptions {
  readonly signal?: AbortSignal;
  /** Where a loss function's tensors are. Default: the model's, or the default runtime. */
  readonly runtime?: Runtime;
}

/** The mean loss over batches 0 … count-1: an estimate, the same each time. Nothing is dropped. */
export function estimateLoss(
  model: Evaluable,
  batches: Batches,
  count: number,
  options?: EstimateLossOptions,
): Promise<number>;
export function estimateLoss<Kind>(
  loss: LossFunction<Kind>,
  batches: Batches<Kind>,
  count: number,
  options?: EstimateLossOptions,
): Promise<number>;
export async function estimateLoss(
  model: Evaluable | LossFunction<Batch>,
  batches: Batches,
  count: number,
  { signal, runtime }: EstimateLossOptions = {},
): Promise<number> {
  checkWhole("estimateLoss", "count", count);
  const isFunction = typeof model === "function";
  const lossFunction = isFunction ? model : lossOf(model);
  const where = runtime ?? (isFunction ? defaultRuntime() : model.runtime);
  const breath = new Breath();
  let total = 0;
  for (let i = 0; i < count; i++) {
    await breath.take(signal);
    total += unrecorded(where, () => lossFunction(batches.at(i), {}).item());
  }
  return total / count;
}

/** Code points, as a reader counts characters. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function windowLoss(model: Evaluable, tokens: Int32Array, start: number, count: number): number {
  const { contextLength } = model.config;
  const options = { shape: [count, contextLength], runtime: model.runtime };
  const end = start + count * contextLength;
  return unrecorded(model.runtime, () =>
    model
      .loss(tensor(tokens.slice(start, end), options), tensor(tokens.slice(start + 1, end + 1), options))
      .item(),
  );
}

function unrecorded(runtime: Runtime, body: () => number): number {
  return runtime.withRecording(false, () => runtime.scope(body));
}

function describeLoss(loss: number, windows: number): Evaluation {
  return { loss, perplexity: exp(loss), bitsPerToken: loss / log(2), windows };
}

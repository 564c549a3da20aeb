import { ArgumentError, ShapeError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkRate, type DropoutOptions } from "../dropout.ts";

/** Which keys a query sees, and what is done to the weights. */
export interface AttentionOptions {
  /** Query i sees keys 0 … i + causalOffset and no others. Default false: it sees all. */
  readonly causal?: boolean;
  /**
   * How many keys come before the first query's own, in all batch entries or in each; with cached keys S - T.
   * Default 0.
   */
  readonly causalOffset?: number | readonly number[];
  /**
   * How many keys of each batch entry are real; those behind are padding that nobody sees. [B], i32 or
   * numbers.
   */
  readonly keyLengths?: Tensor | readonly number[] | undefined;
  /** Only with `causal`: a query sees no more than the last `window` keys, its own included. */
  readonly window?: number | undefined;
  /**
   * Added to the scores, broadcast to [B, H, T, S]; -Infinity hides a key. Takes the slower path of basic
   * ops.
   */
  readonly mask?: Tensor | undefined;
  /** Factor of the scores. Default 1/√D. */
  readonly scale?: number | undefined;
  /** Dropout of the weights; head h of batch entry b draws with the key random.fork(b·H + h). */
  readonly dropout?: DropoutOptions | undefined;
}

export interface AttentionSizes {
  readonly batches: number;
  readonly heads: number;
  /** Heads of k and v; query head h reads key head ⌊h·keyHeads/heads⌋. */
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headWidth: number;
}

/** Attention with its options filled in. */
export interface AttentionProblem extends AttentionSizes {
  readonly causal: boolean;
  /** One for all batch entries, or one per entry. */
  readonly causalOffset: number | readonly number[];
  readonly window: number;
  /** Per batch entry; null where all keys are real. */
  readonly keyLengths: readonly number[] | null;
  readonly scale: number;
  readonly dropout: DropoutOptions | null;
}

/** A window that is none. */
const UNLIMITED = 2 ** 30;

/** The sizes of q [B, H, T, D] and k [B, G, S, D]. */
export function attentionSizes(op: string, q: Tensor, k: Tensor): AttentionSizes {
  const [batches, heads, queries, headWidth] = q.shape as [number, number, number, number];
  const [entries, keyHeads, keys, keyWidth] = k.shape as [number, number, number, number];
  if (q.rank !== 4 || k.rank !== 4 || entries !== batches || keyWidth !== headWidth) {
    throw new ShapeError(op, "q of [B, H, T, D] and k of [B, G, S, D]", q.shape, k.shape);
  }
  return { batches, heads, keyHeads, queries, keys, headWidth };
}

/** Checks the options against the sizes and fills them in. */
export function attentionProblem(
  op: string,
  sizes: AttentionSizes,
  options: AttentionOptions,
): AttentionProblem {
  const { causal = false, causalOffset = 0, window = UNLIMITED, dropout } = options;
  const { batches, heads, keyHeads, queries, keys, headWidth } = sizes;
  if (!(keyHeads > 0) || heads % keyHeads !== 0) {
    throw new ArgumentError(op, "a number of heads that the key heads divide", [heads, keyHeads]);
  }
  if (!causal && (options.window !== undefined || causalOffset !== 0)) {
    throw new ArgumentError(op, "window and causalOffset only with causal: true", causal);
  }
  if (!Number.isInteger(window) || window < 1) throw new ArgumentError(op, "a window of 1 or more", window);
  checkCausalOffset(op, causalOffset, batches);
  if (dropout) checkRate(op, dropout.rate);
  return {
    batches,
    heads,
    keyHeads,
    queries,
    keys,
    headWidth,
    causal,
    causalOffset,
    window: Math.min(window, UNLIMITED),
    keyLengths: checkKeyLengths(op, options.keyLengths, sizes),
    scale: options.scale ?? 1 / Math.sqrt(headWidth),
    dropout: dropout && dropout.rate > 0 ? dropout : null,
  };
}

function checkCausalOffset(op: string, causalOffset: number | readonly number[], batches: number): void {
  const offsets = typeof causalOffset === "number" ? [causalOffset] : causalOffset;
  if (typeof causalOffset !== "number" && offsets.length !== batches) {
    throw new ShapeError(op, `${batches} causalOffsets, one per batch entry`, [offsets.length]);
  }
  for (const offset of offsets) {
    if (!Number.isInteger(offset) || Math.abs(offset) >= UNLIMITED) {
      throw new ArgumentError(op, "a whole causalOffset", offset);
    }
  }
}

/** The offset of one batch entry. */
export function causalOffsetOf({ causalOffset }: AttentionProblem, entry: number): number {
  return typeof causalOffset === "number" ? causalOffset : causalOffset[entry]!;
}

function checkKeyLengths(
  op: string,
  keyLengths: AttentionOptions["keyLengths"],
  { batches, keys }: AttentionSizes,
): readonly number[] | null {
  if (keyLengths === undefined) return null;
  const lengths = "toTypedArray" in keyLengths ? Array.from(keyLengths.toTypedArray()) : keyLengths;
  if (lengths.length !== batches)
    throw new ShapeError(op, `${batches} keyLengths, one per batch entry`, [lengths.length]);
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 0 || length > keys) {
      throw new ArgumentError(op, `keyLengths from 0 to ${keys}`, length);
    }
  }
  return lengths;
}

import { ArgumentError } from "../errors.ts";
import { attention } from "../ops/attention.ts";
import { packedAttention } from "../ops/packedAttention.ts";
import { permute } from "../ops/permute.ts";
import { reshape } from "../ops/reshape.ts";
import { slice } from "../ops/slice.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { KeyValueCache } from "./keyValueCache.ts";
import { Linear } from "./linear.ts";
import { type LayerOptions, optionsFor } from "./options.ts";

export interface AttentionLayerOptions extends LayerOptions {
  readonly heads: number;
  /** Heads of keys and values, each shared by heads/keyHeads query heads. Default: as many as `heads`. */
  readonly keyHeads?: number;
  /** Whether a position sees only itself and those before it. Default true. */
  readonly causal?: boolean;
  /** Share of attention weights dropped when a key is passed to `forward`. Default 0. */
  readonly dropout?: number;
  /** Deviation of the output projection's weights, where it differs. */
  readonly outputDeviation?: number;
}

export interface AttentionContext {
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /** Positions seen before; those of x are appended. Not for training. */
  readonly cache?: KeyValueCache | undefined;
  /** Positions of each row of x that are real; those behind are padding, which nobody sees. Default all. */
  readonly lengths?: readonly number[] | undefined;
}

/**
 * softmax(Q·Kᵀ/√D)·V in H heads (Vaswani et al. 2017, section 3.2). Queries, keys and values come out of one projection, in this order, so
 * that it is one product.  x, y: [B, T, C]
 */
export class MultiHeadAttention {
  readonly queryKeyValue: Linear;
  readonly output: Linear;
  readonly heads: number;
  readonly keyHeads: number;
  readonly causal: boolean;
  readonly dropout: number;

  constructor(width: number, options: AttentionLayerOptions) {
    const { heads, keyHeads = heads, causal = true, dropout = 0, outputDeviation } = options;
    if (width % heads !== 0)
      throw new ArgumentError("MultiHeadAttention", `a width divisible by ${heads} heads`, width);
    if (heads % keyHeads !== 0) {
      throw new ArgumentError("MultiHeadAttention", `keyHeads that divide ${heads} heads`, keyHeads);
    }
    const headWidth = width / heads;
    this.heads = heads;
    this.keyHeads = keyHeads;
    this.causal = causal;
    this.dropout = dropout;
    const columns = (heads + 2 * keyHeads) * headWidth;
    this.queryKeyValue = new Linear(width, columns, optionsFor(options, "queryKeyValue"));
    const output = outputDeviation === undefined ? options : { ...options, deviation: outputDeviation };
    this.output = new Linear(width, width, optionsFor(output, "output"));
  }

  forward(x: Tensor, { random, cache, lengths }: AttentionContext = {}): Tensor {
    const packed = this.queryKeyValue.forward(x);
    const pasts = cache?.lengths;
    cache?.append(packed, this.heads, lengths);
    if (cache && pasts?.some((past) => past > 0)) {
      return this.output.forward(this.#attendToCache(packed, cache, pasts));
    }
    const { heads, keyHeads, causal, dropout } = this;
    const dropped = random && dropout > 0 ? { dropout: { rate: dropout, random } } : {};
    const options = { heads, keyHeads, causal, keyLengths: lengths, ...dropped };
    return this.output.forward(packedAttention(packed, options));
  }

  /** A cache for `forward`; the caller disposes of it. */
  cache(batch: number, capacity: number): KeyValueCache {
    const { runtime, shape } = this.output.weight;
    const headWidth = shape[0]! / this.heads;
    return new KeyValueCache({ batch, keyHeads: this.keyHeads, headWidth, capacity, runtime });
  }

  /** `pasts`: how many positions of each row were there before those of `packed`. */
  #attendToCache(packed: Tensor, cache: KeyValueCache, pasts: readonly number[]): Tensor {
    const [batch, time] = packed.shape as [number, number];
    const width = this.output.weight.shape[0]!;
    const [rows, byHead] = [
      [batch, time, this.heads, width / this.heads],
      [batch, this.heads, time, width / this.heads],
    ] as const;
    const joined = slice(packed, [null, null, [0, width]]);
    const queries = time === 1 ? reshape(joined, byHead) : permute(reshape(joined, rows), [0, 2, 1, 3]);
    const alike = pasts.every((past) => past === pasts[0]);
    const seen = { causal: true, causalOffset: alike ? pasts[0]! : pasts, keyLengths: cache.lengths };
    const y = attention(queries, cache.keys, cache.values, seen);
    return reshape(time === 1 ? y : permute(y, [0, 2, 1, 3]), [batch, time, width]);
  }
}

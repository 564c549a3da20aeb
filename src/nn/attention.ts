import { ArgumentError } from "../errors.ts";
import { attention } from "../ops/attention.ts";
import { packedAttention } from "../ops/packedAttention.ts";
import { reshape } from "../ops/reshape.ts";
import { rotary } from "../ops/rotary.ts";
import { slice } from "../ops/slice.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { collectWeights, joinHeads, splitHeads } from "./heads.ts";
import { KeyValueCache } from "./keyValueCache.ts";
import { Linear } from "./linear.ts";
import { type LayerOptions, optionsFor } from "./options.ts";
import { type Rotation, startAlike } from "./positionTable.ts";

export interface AttentionLayerOptions extends LayerOptions {
  readonly heads: number;
  /** Heads of keys and values, each shared by heads/keyHeads query heads. Default: as many as `heads`. */
  readonly keyHeads?: number;
  /** Whether a position sees only itself and those before it. Default true. */
  readonly causal?: boolean;
  /** Only with `causal`: a position sees no more than the last `window`, itself included. Default all. */
  readonly window?: number | undefined;
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
  /** Turns queries and keys where positions are rotary. */
  readonly rotation?: Rotation | undefined;
  /**
   * A list to which the weights [B, H, T, S] of each layer are added, computed apart from the result and not
   * differentiated. They belong to the runtime: free them with `dispose(weights)`.
   */
  readonly weights?: Tensor[] | undefined;
}

/** Refuses heads that do not share the width evenly. */
export function checkHeads(layer: string, width: number, heads: number, keyHeads: number): void {
  if (width % heads !== 0) throw new ArgumentError(layer, `a width divisible by ${heads} heads`, width);
  if (heads % keyHeads !== 0) throw new ArgumentError(layer, `keyHeads that divide ${heads} heads`, keyHeads);
}

/**
 * softmax(Q·Kᵀ/√D)·V in H heads (Vaswani et al. 2017, section 3.2). Queries, keys and values come out of one
 * projection, in this order, so that it is one product.
 *
 *   x, y: [B, T, C]
 */
export class MultiHeadAttention {
  readonly queryKeyValue: Linear;
  readonly output: Linear;
  readonly heads: number;
  readonly keyHeads: number;
  readonly causal: boolean;
  readonly window: number | undefined;
  readonly dropout: number;

  constructor(width: number, options: AttentionLayerOptions) {
    const { heads, keyHeads = heads, causal = true, dropout = 0, outputDeviation } = options;
    checkHeads("MultiHeadAttention", width, heads, keyHeads);
    const headWidth = width / heads;
    this.heads = heads;
    this.keyHeads = keyHeads;
    this.causal = causal;
    this.window = options.window;
    this.dropout = dropout;
    const columns = (heads + 2 * keyHeads) * headWidth;
    this.queryKeyValue = new Linear(width, columns, optionsFor(options, "queryKeyValue"));
    const output = outputDeviation === undefined ? options : { ...options, deviation: outputDeviation };
    this.output = new Linear(width, width, optionsFor(output, "output"));
  }

  forward(x: Tensor, { random, cache, lengths, rotation, weights }: AttentionContext = {}): Tensor {
    const projected = this.queryKeyValue.forward(x, random?.fork("queryKeyValue"));
    const packed = rotation ? this.#rotate(projected, rotation) : projected;
    const pasts = cache?.lengths;
    cache?.append(packed, this.heads, lengths);
    if (cache && pasts?.some((past) => past > 0)) {
      return this.output.forward(this.#attendToCache(packed, cache, pasts, weights));
    }
    const { heads, keyHeads, causal, window, dropout } = this;
    const seen = { causal, window, keyLengths: lengths };
    if (weights) {
      const [queries, keys] = [this.#part(packed, 0, heads), this.#part(packed, heads, keyHeads)];
      collectWeights(weights, queries, keys, seen);
    }
    const dropped = random && dropout > 0 ? { dropout: { rate: dropout, random } } : {};
    const attended = packedAttention(packed, { heads, keyHeads, ...seen, ...dropped });
    return this.output.forward(attended, random?.fork("output"));
  }

  /** A cache for `forward`; the caller disposes of it. */
  cache(batch: number, capacity: number): KeyValueCache {
    const { runtime } = this.output.weight;
    const { keyHeads, headWidth } = this;
    return new KeyValueCache({ batch, keyHeads, headWidth, capacity, runtime });
  }

  get headWidth(): number {
    return this.output.weight.shape[0]! / this.heads;
  }

  /** Queries and keys turned by angles of their positions. */
  #rotate(packed: Tensor, { cosine, sine }: Rotation): Tensor {
    const [batch, time] = packed.shape as [number, number];
    const byHead = [batch, time, this.heads + 2 * this.keyHeads, this.headWidth];
    return reshape(rotary(reshape(packed, byHead), cosine, sine), packed.shape);
  }

  /** Neighbouring heads of a packed projection: [B, count, T, D]. */
  #part(packed: Tensor, first: number, count: number): Tensor {
    const columns = [first * this.headWidth, (first + count) * this.headWidth] as const;
    return splitHeads(slice(packed, [null, null, columns]), count);
  }

  /** `pasts`: how many positions of each row there were before those of `packed`. */
  #attendToCache(
    packed: Tensor,
    cache: KeyValueCache,
    pasts: readonly number[],
    weights: Tensor[] | undefined,
  ): Tensor {
    const queries = this.#part(packed, 0, this.heads);
    const seen = {
      causal: true,
      causalOffset: startAlike(pasts) ? pasts[0]! : pasts,
      window: this.window,
      keyLengths: cache.lengths,
    };
    if (weights) collectWeights(weights, queries, cache.keys, seen);
    return joinHeads(attention(queries, cache.keys, cache.values, seen));
  }
}

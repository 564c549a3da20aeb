import { attention } from "../ops/attention.ts";
import { split } from "../ops/split.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AttentionLayerOptions } from "./attention.ts";
import { checkHeads } from "./attention.ts";
import { collectWeights, joinHeads, splitHeads } from "./heads.ts";
import { KeyValueCache } from "./keyValueCache.ts";
import { Linear } from "./linear.ts";
import { optionsFor } from "./options.ts";

/** What cross-attention looks at: vectors [B, S, C], or the keys and values that `remember` made of them. */
export type Memory = Tensor | KeyValueCache;

export interface CrossAttentionContext {
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /**
   * Vectors of each row of the memory that are real; those behind are padding, which nobody sees. Default
   * all; a cache knows its own.
   */
  readonly memoryLengths?: readonly number[] | undefined;
  /** A list to which the weights [B, H, T, S] are added, as in self-attention. */
  readonly weights?: Tensor[] | undefined;
}

/**
 * softmax(Q·Kᵀ/√D)·V in H heads, queries from x, keys and values from another sequence (Vaswani et al. 2017,
 * section 3.2.3).
 *
 *   x, y: [B, T, C]   memory: [B, S, C]
 */
export class CrossAttention {
  readonly query: Linear;
  /** Keys and values, in this order, out of one product. */
  readonly keyValue: Linear;
  readonly output: Linear;
  readonly heads: number;
  readonly keyHeads: number;
  readonly dropout: number;

  constructor(width: number, options: Omit<AttentionLayerOptions, "causal" | "window">) {
    const { heads, keyHeads = heads, dropout = 0, outputDeviation } = options;
    checkHeads("CrossAttention", width, heads, keyHeads);
    this.heads = heads;
    this.keyHeads = keyHeads;
    this.dropout = dropout;
    this.query = new Linear(width, width, optionsFor(options, "query"));
    this.keyValue = new Linear(width, (2 * keyHeads * width) / heads, optionsFor(options, "keyValue"));
    const output = outputDeviation === undefined ? options : { ...options, deviation: outputDeviation };
    this.output = new Linear(width, width, optionsFor(output, "output"));
  }

  forward(x: Tensor, memory: Memory, context: CrossAttentionContext = {}): Tensor {
    const { random, memoryLengths, weights } = context;
    const queries = splitHeads(this.query.forward(x, random?.fork("query")), this.heads);
    const cached = memory instanceof KeyValueCache;
    const [keys, values] = cached ? [memory.keys, memory.values] : this.#keysAndValues(memory, random);
    const seen = { keyLengths: cached ? memory.lengths : memoryLengths };
    if (weights) collectWeights(weights, queries, keys, seen);
    const dropped = random && this.dropout > 0 ? { dropout: { rate: this.dropout, random } } : {};
    const attended = joinHeads(attention(queries, keys, values, { ...seen, ...dropped }));
    return this.output.forward(attended, random?.fork("output"));
  }

  /**
   * Computes the keys and values of a memory once, for many calls of `forward`. Not for training; the caller
   * disposes of it. memory: [B, S, C]
   */
  remember(memory: Tensor, lengths?: readonly number[]): KeyValueCache {
    const [batch, capacity] = memory.shape as [number, number];
    const { runtime, shape } = this.output.weight;
    const { heads, keyHeads } = this;
    const cache = new KeyValueCache({
      batch,
      keyHeads,
      headWidth: shape[0]! / heads,
      capacity,
      runtime,
    });
    runtime.scope(() => cache.append(this.keyValue.forward(memory), 0, lengths));
    return cache;
  }

  /** [B, S, C] → keys and values, [B, G, S, D] each. */
  #keysAndValues(memory: Tensor, random: Random | undefined): readonly [Tensor, Tensor] {
    const packed = this.keyValue.forward(memory, random?.fork("keyValue"));
    const parts = split(packed, packed.shape[2]! / 2, { axis: -1 });
    return [splitHeads(parts[0]!, this.keyHeads), splitHeads(parts[1]!, this.keyHeads)];
  }
}

import { Embedding } from "../nn/embedding.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { makeNorm, type Norm } from "../nn/norm.ts";
import type { TransformerBlock } from "../nn/transformerBlock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { embeddingOptions, type StackConfig, type StackOptions } from "./encoder.ts";
import { type Complete, checkWhole, completeTransformerConfig } from "./transformerConfig.ts";
import {
  embedTokens,
  FixedPositions,
  makeBlocks,
  runBlocks,
  type StackContext,
  startsOf,
} from "./transformerStack.ts";

export type DecoderContext = Omit<StackContext, "memory">;

/**
 * The hidden states of an encoder [B, S, C], or the keys and values that `remember` made of them, one per
 * block.
 */
export type DecoderMemory = Tensor | readonly KeyValueCache[];

/**
 * The right half of figure 1 of Vaswani et al. 2017, without the linear layer on top: embedded tokens, L
 * blocks in which a position sees those before it and all of the encoder's last states, perhaps a last norm.
 *
 *   tokens [B, T] → embeddings [B, T, C] → blocks [B, T, C] ← memory [B, S, C]
 */
export class Decoder {
  readonly config: Complete<StackConfig>;
  readonly tokenEmbedding: Embedding;
  /** Null but for learned positions. */
  readonly positionEmbedding: Embedding | null;
  readonly positions: FixedPositions;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: Norm | null;

  constructor(config: StackConfig, { tokenEmbedding, ...options }: StackOptions) {
    this.config = completeTransformerConfig("DecoderConfig", config);
    const { vocabSize, width, contextLength, positions, finalNorm } = this.config;
    checkWhole("DecoderConfig", "vocabSize", vocabSize);
    const at = (field: string) => embeddingOptions(options, width, field);
    this.tokenEmbedding = tokenEmbedding ?? new Embedding(vocabSize, width, at("tokenEmbedding"));
    this.positionEmbedding =
      positions === "learned" ? new Embedding(contextLength, width, at("positionEmbedding")) : null;
    this.positions = new FixedPositions(this.config);
    this.blocks = makeBlocks(this.config, { ...options, crossAttention: true });
    this.norm = finalNorm ? makeNorm(width, { ...this.config, ...options }) : null;
  }

  get runtime(): Runtime {
    return this.tokenEmbedding.weight.runtime;
  }

  /**
   * tokens: [B, T], i32 → [B, T, C]; `lengths` are those of the tokens, `memoryLengths` those of the memory.
   */
  forward(tokens: Tensor, memory: DecoderMemory, context: DecoderContext = {}): Tensor {
    return tokens.runtime.scope(() => {
      const starts = startsOf("Decoder.forward", this, tokens, context);
      const x = embedTokens(this, tokens, starts, context.random);
      return runBlocks(this, x, starts, { ...context, memory });
    });
  }

  /** The blocks alone, over vectors of any origin: x, y: [B, T, C]. */
  transform(x: Tensor, memory: DecoderMemory, context: DecoderContext = {}): Tensor {
    const starts = context.cache?.[0]?.lengths ?? new Array<number>(x.shape[0]!).fill(0);
    return x.runtime.scope(() => runBlocks(this, x, starts, { ...context, memory }));
  }

  /** Caches of the tokens for `forward`, one per block; free them with `dispose(cache)`. */
  cache(batch: number): KeyValueCache[] {
    return this.blocks.map(({ attention }) => attention.cache(batch, this.config.contextLength));
  }

  /**
   * The keys and values of a memory, computed once for many calls of `forward`; free them with `dispose`.
   * memory: [B, S, C]
   */
  remember(memory: Tensor, lengths?: readonly number[]): KeyValueCache[] {
    return this.blocks.map(({ crossAttention }) => crossAttention!.remember(memory, lengths));
  }
}

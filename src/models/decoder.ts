import { CrossAttention } from "../nn/crossAttention.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type StackConfig, type StackOptions, TokenStack } from "./tokenStack.ts";
import { runBlocks, runStack, type StackContext, startsAt } from "./transformerStack.ts";

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
export class Decoder extends TokenStack {
  constructor(config: StackConfig, options: StackOptions) {
    super("DecoderConfig", config, { ...options, crossAttention: CrossAttention });
  }

  /**
   * tokens: [B, T], i32 → [B, T, C]; `lengths` are those of the tokens, `memoryLengths` those of the memory.
   */
  forward(tokens: Tensor, memory: DecoderMemory, context: DecoderContext = {}): Tensor {
    return runStack("Decoder.forward", this, tokens, { ...context, memory });
  }

  /** The blocks alone, over vectors of any origin: x, y: [B, T, C]. */
  transform(x: Tensor, memory: DecoderMemory, context: DecoderContext = {}): Tensor {
    const starts = startsAt(x.shape[0]!, context.cache);
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

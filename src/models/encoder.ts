import type { Tensor } from "../tensor/tensor.ts";
import { type StackConfig, type StackOptions, TokenStack } from "./tokenStack.ts";
import { runBlocks, runStack, type StackContext, startsAt } from "./transformerStack.ts";

export type EncoderContext = Pick<StackContext, "random" | "lengths" | "weights" | "checkpoint">;

/**
 * The left half of figure 1 of Vaswani et al. 2017: embedded tokens, L blocks in which every position sees
 * every other, perhaps a last norm.
 *
 *   tokens [B, S] → embeddings [B, S, C] → blocks [B, S, C]
 */
export class Encoder extends TokenStack {
  constructor(config: StackConfig, options: StackOptions) {
    super("EncoderConfig", config, { ...options, causal: false });
  }

  /** tokens: [B, S], i32 → [B, S, C]; `lengths` says how many of each row are no padding. */
  forward(tokens: Tensor, context: EncoderContext = {}): Tensor {
    return runStack("Encoder.forward", this, tokens, context);
  }

  /** The blocks alone, over vectors of any origin: x, y: [B, S, C]. */
  transform(x: Tensor, context: EncoderContext = {}): Tensor {
    return x.runtime.scope(() => runBlocks(this, x, startsAt(x.shape[0]!, undefined), context));
  }
}

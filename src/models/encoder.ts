import { Embedding } from "../nn/embedding.ts";
import { makeNorm, type Norm } from "../nn/norm.ts";
import type { LayerOptions } from "../nn/options.ts";
import type { TransformerBlock } from "../nn/transformerBlock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type Complete,
  checkWhole,
  completeTransformerConfig,
  type TransformerConfig,
} from "./transformerConfig.ts";
import {
  embedTokens,
  FixedPositions,
  makeBlocks,
  runBlocks,
  type StackContext,
  startsOf,
} from "./transformerStack.ts";

/** Size and form of an encoder, or of a decoder, that reads tokens. */
export interface StackConfig extends TransformerConfig {
  /** Symbols it knows: V. */
  readonly vocabSize: number;
}

export interface StackOptions extends Omit<LayerOptions, "bias"> {
  /** An embedding to share, [V, C]. Default: one of its own. */
  readonly tokenEmbedding?: Embedding | undefined;
}

export type EncoderContext = Pick<StackContext, "random" | "lengths" | "weights" | "checkpoint">;

/**
 * The left half of figure 1 of Vaswani et al. 2017: embedded tokens, L blocks in which every position sees
 * every other, perhaps a last norm.
 *
 *   tokens [B, S] → embeddings [B, S, C] → blocks [B, S, C]
 *
 * Embeddings start normal with deviation 1/√C, so that those of sinusoidal positions, which are multiplied
 * with √C, have 1.
 */
export class Encoder {
  readonly config: Complete<StackConfig>;
  readonly tokenEmbedding: Embedding;
  /** Null but for learned positions. */
  readonly positionEmbedding: Embedding | null;
  readonly positions: FixedPositions;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: Norm | null;

  constructor(config: StackConfig, { tokenEmbedding, ...options }: StackOptions) {
    this.config = completeTransformerConfig("EncoderConfig", config);
    const { vocabSize, width, contextLength, positions, finalNorm } = this.config;
    checkWhole("EncoderConfig", "vocabSize", vocabSize);
    const at = (field: string) => embeddingOptions(options, width, field);
    this.tokenEmbedding = tokenEmbedding ?? new Embedding(vocabSize, width, at("tokenEmbedding"));
    this.positionEmbedding =
      positions === "learned" ? new Embedding(contextLength, width, at("positionEmbedding")) : null;
    this.positions = new FixedPositions(this.config);
    this.blocks = makeBlocks(this.config, { ...options, causal: false });
    this.norm = finalNorm ? makeNorm(width, { ...this.config, ...options }) : null;
  }

  get runtime(): Runtime {
    return this.tokenEmbedding.weight.runtime;
  }

  /** tokens: [B, S], i32 → [B, S, C]; `lengths` says how many of each row are no padding. */
  forward(tokens: Tensor, context: EncoderContext = {}): Tensor {
    return tokens.runtime.scope(() => {
      const starts = startsOf("Encoder.forward", this, tokens, context);
      return runBlocks(this, embedTokens(this, tokens, starts, context.random), starts, context);
    });
  }

  /** The blocks alone, over vectors of any origin: x, y: [B, S, C]. */
  transform(x: Tensor, context: EncoderContext = {}): Tensor {
    return x.runtime.scope(() => runBlocks(this, x, new Array<number>(x.shape[0]!).fill(0), context));
  }
}

/** The options of an embedding whose vectors have about length 1. */
export const embeddingOptions = <Options extends LayerOptions>(
  options: Options,
  width: number,
  field: string,
): Options => ({ ...options, random: options.random.fork(field), deviation: 1 / Math.sqrt(width) });

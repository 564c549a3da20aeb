import { Embedding } from "../nn/embedding.ts";
import { makeNorm, type Norm } from "../nn/norm.ts";
import type { LayerOptions } from "../nn/options.ts";
import type { BlockOptions, TransformerBlock } from "../nn/transformerBlock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import {
  type Complete,
  checkWhole,
  completeTransformerConfig,
  type TransformerConfig,
} from "./transformerConfig.ts";
import { FixedPositions, makeBlocks, type TransformerStack } from "./transformerStack.ts";

/** Size and form of an encoder, or of a decoder, that reads tokens. */
export interface StackConfig extends TransformerConfig {
  /** Symbols it knows: V. */
  readonly vocabSize: number;
}

export interface StackOptions extends Omit<LayerOptions, "bias"> {
  /** An embedding to share, [V, C]. Default: one of its own. */
  readonly tokenEmbedding?: Embedding | undefined;
}

/**
 * What an encoder and a decoder are made of: embeddings, L blocks, perhaps a last norm.
 *
 * Embeddings start normal with deviation 1/√C, so that those of sinusoidal positions, which are multiplied
 * with √C, have 1.
 */
export abstract class TokenStack implements TransformerStack {
  readonly config: Complete<StackConfig>;
  readonly tokenEmbedding: Embedding;
  /** Null but for learned positions. */
  readonly positionEmbedding: Embedding | null;
  readonly positions: FixedPositions;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: Norm | null;

  /** `where` names the configuration in errors. @throws ArgumentError naming the field that does not fit */
  constructor(
    where: string,
    config: StackConfig,
    { tokenEmbedding, ...options }: StackOptions & Pick<BlockOptions, "causal" | "crossAttention">,
  ) {
    this.config = completeTransformerConfig(where, config);
    const { vocabSize, width, contextLength, positions, finalNorm } = this.config;
    checkWhole(where, "vocabSize", vocabSize);
    const at = (field: string) => ({
      ...options,
      random: options.random.fork(field),
      deviation: 1 / Math.sqrt(width),
    });
    this.tokenEmbedding = tokenEmbedding ?? new Embedding(vocabSize, width, at("tokenEmbedding"));
    this.positionEmbedding =
      positions === "learned" ? new Embedding(contextLength, width, at("positionEmbedding")) : null;
    this.positions = new FixedPositions(this.config);
    this.blocks = makeBlocks(this.config, options);
    this.norm = finalNorm ? makeNorm(width, { ...this.config, ...options }) : null;
  }

  get runtime(): Runtime {
    return this.tokenEmbedding.weight.runtime;
  }
}

import { Embedding } from "../nn/embedding.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { Linear } from "../nn/linear.ts";
import { makeNorm, type Norm } from "../nn/norm.ts";
import type { ModelOptions } from "../nn/options.ts";
import { lastPositions } from "../nn/positions.ts";
import type { TransformerBlock } from "../nn/transformerBlock.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { linear } from "../ops/linear.ts";
import type { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CompleteGptConfig, completeGptConfig, type GptConfig } from "./gptConfig.ts";
import { gptWeightSize } from "./gptEstimate.ts";
import { FixedPositions, makeBlocks, runStack } from "./transformerStack.ts";

export interface GptContext {
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /** One per block, from `model.cache()`: the positions seen before. Not for training. */
  readonly cache?: readonly KeyValueCache[] | undefined;
  /**
   * Tokens of each row that are real; those behind are padding. They count nowhere, and no cache keeps them.
   * Default all T. A row of 0 stands still, and its logits mean nothing.
   */
  readonly lengths?: readonly number[] | undefined;
  /** Logits of each row's last position alone: [B, 1, V]. Default false. */
  readonly lastOnly?: boolean;
  /**
   * Keep only each block's input, and run the block again in backward: less memory for more time. Default
   * false.
   */
  readonly checkpoint?: boolean;
  /** A list that gets the attention weights [B, H, T, S] of each block; free them with `dispose(weights)`. */
  readonly weights?: Tensor[] | undefined;
}

const describe = ({ layers, width, vocabSize }: GptConfig) =>
  `the weights of a GPT with ${layers} layers of width ${width} and ${vocabSize} symbols`;

/**
 * A decoder-only Transformer: token and position embeddings, L causal blocks, a last norm, and a head that is
 * the token embedding read backwards.
 *
 *   tokens [B, T] → embeddings [B, T, C] → blocks [B, T, C] → norm → logits [B, T, V]
 *
 * The configuration says of which generation it is (see `presets`):
 *
 *   GPT-1  norms after the sublayers (Radford et al. 2018)
 *   GPT-2  norms before them (Radford et al. 2019); the defaults
 *   GPT-3  every second layer sees a band of the last positions alone (Brown et al. 2020)
 *   modern RMSNorm, rotary positions, a gated MLP, grouped key heads (Touvron et al. 2023)
 *
 * Weights start normal with deviation 0.02, biases at 0. Where the norms come first, what writes into the
 * residual stream starts with 0.02/√(2L), as in GPT-2.
 */
export class Gpt {
  readonly config: CompleteGptConfig;
  readonly tokenEmbedding: Embedding;
  /** Null but for learned positions. */
  readonly positionEmbedding: Embedding | null;
  readonly positions: FixedPositions;
  readonly blocks: readonly TransformerBlock[];
  /** Null where the blocks end in norms. */
  readonly norm: Norm | null;
  /** Null where the head is tied to the token embedding. */
  readonly head: Linear | null;

  constructor(config: GptConfig, { random, runtime, initial = "random", weights = "f32" }: ModelOptions) {
    this.config = completeGptConfig(config);
    const { contextLength, vocabSize, layers, width, tiedHead, normOrder, positions, finalNorm } =
      this.config;
    const home = runtime ?? defaultRuntime();
    home.ensureRoom(gptWeightSize(this.config, weights) * home.slotBytes, describe(this.config));
    const deviation = 0.02;
    const options = { random, deviation, initial, weights, ...(runtime ? { runtime } : {}) };
    const at = (field: string) => ({ ...options, random: random.fork(field) });
    const outputDeviation = normOrder === "pre" ? deviation / Math.sqrt(2 * layers) : deviation;
    this.tokenEmbedding = new Embedding(vocabSize, width, at("tokenEmbedding"));
    this.positionEmbedding =
      positions === "learned" ? new Embedding(contextLength, width, at("positionEmbedding")) : null;
    this.positions = new FixedPositions(this.config);
    this.blocks = makeBlocks(this.config, { ...options, outputDeviation });
    this.norm = finalNorm ? makeNorm(width, { ...this.config, ...options }) : null;
    this.head = tiedHead ? null : new Linear(width, vocabSize, { ...at("head"), bias: false });
  }

  get runtime(): Runtime {
    return this.tokenEmbedding.weight.runtime;
  }

  /** tokens: [B, T], i32 → logits: [B, T, V]. */
  forward(tokens: Tensor, context: GptContext = {}): Tensor {
    const { lastOnly, lengths } = context;
    return tokens.runtime.scope(() => {
      const hidden = this.hidden(tokens, context);
      return this.logits(lastOnly ? lastPositions(hidden, lengths) : hidden);
    });
  }

  /** Mean cross-entropy of `targets` [B, T], i32, each the symbol that follows its token; a scalar. */
  loss(tokens: Tensor, targets: Tensor, context: GptContext = {}): Tensor {
    return tokens.runtime.scope(() => crossEntropy(this.forward(tokens, context), targets));
  }

  /** What the head reads: tokens [B, T], i32 → [B, T, C]. */
  hidden(tokens: Tensor, context: Omit<GptContext, "lastOnly"> = {}): Tensor {
    return runStack("Gpt.forward", this, tokens, context);
  }

  /** The head: hidden states [B, T, C] → logits [B, T, V]. */
  logits(hidden: Tensor): Tensor {
    return this.head ? this.head.forward(hidden) : linear(hidden, this.tokenEmbedding.weight);
  }

  /** Caches for `forward`, one per block; free them with `dispose(cache)`. */
  cache(batch: number): KeyValueCache[] {
    return this.blocks.map(({ attention }) => attention.cache(batch, this.config.contextLength));
  }
}

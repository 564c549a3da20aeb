import { Embedding } from "../nn/embedding.ts";
import { Linear } from "../nn/linear.ts";
import { makeNorm, type Norm } from "../nn/norm.ts";
import type { ModelOptions } from "../nn/options.ts";
import { positionVectors } from "../nn/positions.ts";
import type { TransformerBlock } from "../nn/transformerBlock.ts";
import { add } from "../ops/add.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { slice } from "../ops/slice.ts";
import { tanh } from "../ops/tanh.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type BertConfig, type CompleteBertConfig, completeBertConfig } from "./bertConfig.ts";
import { bertWeightSize } from "./bertEstimate.ts";
import { MaskedTokenHead } from "./maskedTokenHead.ts";
import {
  dropEmbeddings,
  FixedPositions,
  makeBlocks,
  runBlocks,
  type StackContext,
  startsOf,
} from "./transformerStack.ts";

export interface BertContext extends Pick<StackContext, "random" | "lengths" | "weights" | "checkpoint"> {
  /** Segment of each token: [B, T], i32. Default all 0. */
  readonly segments?: Tensor | undefined;
}

export interface BertOutput {
  /** Of each token: [B, T, C]. */
  readonly hidden: Tensor;
  /** Of the whole, from its first token: [B, C]. */
  readonly pooled: Tensor;
}

/** What pre-training asks for. */
export interface BertTargets {
  /** [B, T], i32: the symbol that was masked, -100 where none was. */
  readonly tokens: Tensor;
  /** [B], i32: 0 where the second segment follows the first, 1 where it is from elsewhere. */
  readonly pairs?: Tensor | undefined;
}

/** Deviation of the initial weights. */
const DEVIATION = 0.02;

/**
 * The bidirectional encoder of Devlin et al. 2018: the sum of token, position and segment embeddings,
 * normalised; L blocks in which every position sees every other; a pooler over the first one; and the two
 * heads of pre-training.
 *
 *   tokens [B, T] → embeddings [B, T, C] → norm → blocks [B, T, C] → masked token head [B, T, V]
 *                                                    ↓ first token
 *                                              pooler [B, C] → pair head [B, 2]
 */
export class Bert {
  readonly config: CompleteBertConfig;
  readonly tokenEmbedding: Embedding;
  readonly positionEmbedding: Embedding;
  readonly segmentEmbedding: Embedding;
  readonly embeddingNorm: Norm;
  readonly positions: FixedPositions;
  readonly blocks: readonly TransformerBlock[];
  /** Null where the blocks end in norms. */
  readonly norm: Norm | null;
  readonly pooler: Linear;
  /** Tells the symbol that was masked. */
  readonly tokenHead: MaskedTokenHead;
  /** Tells whether the second segment follows the first. */
  readonly pairHead: Linear;

  constructor(config: BertConfig, { random, runtime, initial = "random", weights = "f32" }: ModelOptions) {
    this.config = completeBertConfig(config);
    const { vocabSize, contextLength, segments, width, finalNorm } = this.config;
    const home = runtime ?? defaultRuntime();
    const what = `the weights of a BERT of width ${width} and ${vocabSize} symbols`;
    home.ensureRoom(bertWeightSize(this.config, weights) * home.slotBytes, what);
    const options = {
      ...this.config,
      deviation: DEVIATION,
      initial,
      weights,
      ...(runtime ? { runtime } : {}),
    };
    const at = (field: string) => ({ ...options, random: random.fork(field) });
    this.tokenEmbedding = new Embedding(vocabSize, width, at("tokenEmbedding"));
    this.positionEmbedding = new Embedding(contextLength, width, at("positionEmbedding"));
    this.segmentEmbedding = new Embedding(segments, width, at("segmentEmbedding"));
    this.embeddingNorm = makeNorm(width, options);
    this.positions = new FixedPositions(this.config);
    this.blocks = makeBlocks(this.config, { ...options, random, causal: false });
    this.norm = finalNorm ? makeNorm(width, options) : null;
    this.pooler = new Linear(width, width, at("pooler"));
    this.tokenHead = new MaskedTokenHead(width, at("tokenHead"));
    this.pairHead = new Linear(width, 2, at("pairHead"));
  }

  get runtime(): Runtime {
    return this.tokenEmbedding.weight.runtime;
  }

  /** tokens: [B, T], i32; `lengths` says how many of each row are no padding. */
  forward(tokens: Tensor, context: BertContext = {}): BertOutput {
    return tokens.runtime.scope(() => {
      const starts = startsOf("Bert.forward", this, tokens, context);
      const hidden = runBlocks(this, this.#embed(tokens, starts, context), starts, context);
      const first = slice(hidden, [null, 0]);
      return { hidden, pooled: tanh(this.pooler.forward(first)) };
    });
  }

  /** hidden: [..., C] → logits of the masked symbol: [..., V] */
  tokenLogits(hidden: Tensor): Tensor {
    return hidden.runtime.scope(() => this.tokenHead.forward(hidden, this.tokenEmbedding.weight));
  }

  /** pooled: [B, C] → logits of whether the second segment follows (0) or not (1): [B, 2] */
  pairLogits(pooled: Tensor): Tensor {
    return this.pairHead.forward(pooled);
  }

  /**
   * The sum of the mean cross-entropies of the masked tokens and of the pairs; a scalar.
   *
   *   tokens: [B, T], i32, some of them masked
   */
  loss(tokens: Tensor, targets: BertTargets, context: BertContext = {}): Tensor {
    return tokens.runtime.scope(() => {
      const { hidden, pooled } = this.forward(tokens, context);
      const masked = this.tokenHead.loss(hidden, this.tokenEmbedding.weight, targets.tokens);
      if (!targets.pairs) return masked;
      return add(masked, crossEntropy(this.pairLogits(pooled), targets.pairs));
    });
  }

  #embed(tokens: Tensor, starts: readonly number[], { segments, random }: BertContext): Tensor {
    const positions = positionVectors(this.positionEmbedding.weight, starts, tokens.shape[1]!);
    const kinds = segments
      ? this.segmentEmbedding.forward(segments)
      : slice(this.segmentEmbedding.weight, [[0, 1]]);
    const sum = add(add(this.tokenEmbedding.forward(tokens), positions), kinds);
    return dropEmbeddings(this.embeddingNorm.forward(sum), this.config.dropout, random);
  }
}

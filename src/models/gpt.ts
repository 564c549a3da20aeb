import { ArgumentError, ShapeError } from "../errors.ts";
import { Embedding } from "../nn/embedding.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { LayerNorm } from "../nn/layerNorm.ts";
import { Linear } from "../nn/linear.ts";
import type { LayerOptions } from "../nn/options.ts";
import { checkLengths, lastPositions, positionVectors } from "../nn/positions.ts";
import { TransformerBlock } from "../nn/transformerBlock.ts";
import { add } from "../ops/add.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { dropout } from "../ops/dropout.ts";
import { linear } from "../ops/linear.ts";
import type { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkpoint } from "../transforms/checkpoint.ts";
import { completeGptConfig, type GptConfig } from "./gptConfig.ts";
import { gptParameterCount } from "./gptEstimate.ts";

export interface GptContext {
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /** One per block, from `model.cache()`: the positions seen before. Not for training. */
  readonly cache?: readonly KeyValueCache[] | undefined;
  /**
   * Tokens of each row that are real; those behind are padding. They count nowhere, and no cache keeps them. Default all T. A row of 0
   * stands still, and its logits mean nothing.
   */
  readonly lengths?: readonly number[] | undefined;
  /** Logits of each row's last position alone: [B, 1, V]. Default false. */
  readonly lastOnly?: boolean;
  /** Keep only each block's input, and run the block again in backward: less memory for more time. Default false. */
  readonly checkpoint?: boolean;
}

const describe = ({ layers, width, vocabSize }: GptConfig) =>
  `the weights of a GPT with ${layers} layers of width ${width} and ${vocabSize} symbols`;

/**
 * A decoder-only Transformer (Radford et al. 2019): token and position embeddings, L blocks with normalisation in front, a last norm, and
 * a head that is the token embedding read backwards.
 *
 *   tokens [B, T] → embeddings [B, T, C] → blocks [B, T, C] → norm → logits [B, T, V]
 *
 * Weights start as in GPT-2: normal with deviation 0.02, those that write into the residual stream with 0.02/√(2L), biases at 0.
 */
export class Gpt {
  readonly config: ReturnType<typeof completeGptConfig>;
  readonly tokenEmbedding: Embedding;
  readonly positionEmbedding: Embedding;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  /** Null where the head is tied to the token embedding. */
  readonly head: Linear | null;

  constructor(config: GptConfig, { random, runtime }: Pick<LayerOptions, "random" | "runtime">) {
    this.config = completeGptConfig(config);
    const { contextLength, vocabSize, layers, width, tiedHead } = this.config;
    const home = runtime ?? defaultRuntime();
    home.ensureRoom(gptParameterCount(this.config) * home.slotBytes, describe(this.config));
    const options = { ...this.config, deviation: 0.02, ...(runtime ? { runtime } : {}) };
    const at = (field: string) => ({ ...options, random: random.fork(field) });
    const outputDeviation = options.deviation / Math.sqrt(2 * layers);
    this.tokenEmbedding = new Embedding(vocabSize, width, at("tokenEmbedding"));
    this.positionEmbedding = new Embedding(contextLength, width, at("positionEmbedding"));
    this.blocks = Array.from(
      { length: layers },
      (_, layer) => new TransformerBlock(width, { ...at(`blocks.${layer}`), outputDeviation }),
    );
    this.norm = new LayerNorm(width, options);
    this.head = tiedHead ? null : new Linear(width, vocabSize, { ...at("head"), bias: false });
  }

  get runtime(): Runtime {
    return this.tokenEmbedding.weight.runtime;
  }

  /** tokens: [B, T], i32 → logits: [B, T, V]. */
  forward(tokens: Tensor, context: GptContext = {}): Tensor {
    return tokens.runtime.scope(() => {
      const hidden = this.#hidden(tokens, context);
      return this.#logits(context.lastOnly ? lastPositions(hidden, context.lengths) : hidden);
    });
  }

  /** Mean cross-entropy of `targets` [B, T], i32, each the symbol that follows its token; a scalar. */
  loss(tokens: Tensor, targets: Tensor, context: GptContext = {}): Tensor {
    return tokens.runtime.scope(() => crossEntropy(this.forward(tokens, context), targets));
  }

  /** Caches for `forward`, one per block; free them with `dispose(cache)`. */
  cache(batch: number): KeyValueCache[] {
    return this.blocks.map(({ attention }) => attention.cache(batch, this.config.contextLength));
  }

  #hidden(tokens: Tensor, context: GptContext): Tensor {
    const { random, cache, lengths } = context;
    if (tokens.rank !== 2) throw new ShapeError("Gpt.forward", "tokens of [B, T]", tokens.shape);
    const [batch, time] = tokens.shape as [number, number];
    const pasts = cache?.[0]?.lengths ?? new Array<number>(batch).fill(0);
    checkLengths("Gpt.forward", lengths, tokens.shape);
    const end = Math.max(...pasts.map((past, row) => past + (lengths?.[row] ?? time)));
    if (end > this.config.contextLength) {
      throw new ArgumentError("Gpt.forward", `at most ${this.config.contextLength} positions`, end);
    }
    const positions = positionVectors(this.positionEmbedding.weight, pasts, time);
    let x = add(this.tokenEmbedding.forward(tokens), positions);
    if (random && this.config.dropout > 0) {
      x = dropout(x, { rate: this.config.dropout, random: random.fork("embedding") });
    }
    this.blocks.forEach((block, layer) => {
      const run = (input: Tensor) =>
        block.forward(input, { random: random?.fork(`blocks.${layer}`), cache: cache?.[layer], lengths });
      const y = context.checkpoint ? checkpoint(run)(x) : run(x);
      // The graph has what it needs of x.
      x.dispose();
      x = y;
    });
    return this.norm.forward(x);
  }

  #logits(x: Tensor): Tensor {
    return this.head ? this.head.forward(x) : linear(x, this.tokenEmbedding.weight);
  }
}

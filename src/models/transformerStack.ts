import { ArgumentError, ShapeError } from "../errors.ts";
import type { Embedding } from "../nn/embedding.ts";
import type { KeyValueCache } from "../nn/keyValueCache.ts";
import type { Norm } from "../nn/norm.ts";
import type { LayerOptions } from "../nn/options.ts";
import { checkLengths, positionVectors } from "../nn/positions.ts";
import { RotaryPositions, type Rotation, sinusoids } from "../nn/positionTable.ts";
import { type BlockContext, type BlockOptions, TransformerBlock } from "../nn/transformerBlock.ts";
import { add } from "../ops/add.ts";
import { dropout } from "../ops/dropout.ts";
import { mul } from "../ops/mul.ts";
import type { Random } from "../random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkpoint } from "../transforms/checkpoint.ts";
import type { Complete, TransformerConfig } from "./transformerConfig.ts";

/** What the models of this folder have in common: embedded tokens, blocks, perhaps a last norm. */
export interface TransformerStack {
  readonly config: Complete<TransformerConfig>;
  readonly tokenEmbedding: Embedding;
  /** Null but for learned positions. */
  readonly positionEmbedding: Embedding | null;
  readonly positions: FixedPositions;
  readonly blocks: readonly TransformerBlock[];
  /** Null where the last block's output is normalised already. */
  readonly norm: Norm | null;
}

export interface StackContext extends Omit<BlockContext, "cache" | "rotation" | "memory"> {
  /** One per block: the positions seen before. Not for training. */
  readonly cache?: readonly KeyValueCache[] | undefined;
  /** What cross-attention looks at: vectors [B, S, C], or the keys and values made of them, one per block. */
  readonly memory?: Tensor | readonly KeyValueCache[] | undefined;
  /**
   * Keep only each block's input, and run the block again in backward: less memory for more time. Default
   * false.
   */
  readonly checkpoint?: boolean | undefined;
}

/** Positions that are computed and not learned. Holds no tensors. */
export class FixedPositions {
  readonly #sinusoids: ReturnType<typeof sinusoids> | null;
  readonly #rotary: RotaryPositions | null;

  constructor({ positions, width, heads, keyHeads, rotaryBase }: Complete<TransformerConfig>) {
    const rotation = { heads, keyHeads, headWidth: width / heads, base: rotaryBase };
    this.#sinusoids = positions === "sinusoidal" ? sinusoids(width) : null;
    this.#rotary = positions === "rotary" ? new RotaryPositions(rotation) : null;
  }

  /** What is added to embeddings: [T, C] or [B, T, C]; null where nothing is. */
  vectors(starts: readonly number[], time: number, runtime: Runtime): Tensor | null {
    return this.#sinusoids?.rows(starts, time, runtime) ?? null;
  }

  /** What queries and keys are turned with. */
  rotation(starts: readonly number[], time: number, runtime: Runtime): Rotation | undefined {
    return this.#rotary?.rotation(starts, time, runtime);
  }
}

/** The blocks of a configuration, whose keys are forked by their place. Only causal ones have windows. */
export function makeBlocks(
  config: Complete<TransformerConfig>,
  { random, ...options }: LayerOptions & Pick<BlockOptions, "causal" | "crossAttention" | "outputDeviation">,
): TransformerBlock[] {
  const { layers, width, window, windowLayers } = config;
  return Array.from({ length: layers }, (_, layer) => {
    const banded = options.causal !== false && (windowLayers === "all" || layer % 2 === 1);
    return new TransformerBlock(width, {
      ...config,
      ...options,
      random: random.fork(`blocks.${layer}`),
      window: banded ? window : undefined,
    });
  });
}

/**
 * Where each row of tokens [B, T] begins: after what the cache holds of it.
 *
 * @throws ShapeError, ArgumentError for tokens or lengths that do not fit, or positions beyond the context
 */
export function startsOf(
  where: string,
  { config }: TransformerStack,
  tokens: Tensor,
  { cache, lengths }: StackContext,
): readonly number[] {
  if (tokens.rank !== 2) throw new ShapeError(where, "tokens of [B, T]", tokens.shape);
  const [batch, time] = tokens.shape as [number, number];
  checkLengths(where, lengths, tokens.shape);
  const starts = startsAt(batch, cache);
  const end = Math.max(0, ...starts.map((start, row) => start + (lengths?.[row] ?? time)));
  if (end > config.contextLength) {
    throw new ArgumentError(where, `at most ${config.contextLength} positions`, end);
  }
  return starts;
}

/** Positions that the cache holds of each row. */
export const startsAt = (batch: number, cache: StackContext["cache"]): readonly number[] =>
  cache?.[0]?.lengths ?? new Array<number>(batch).fill(0);

/** Embeddings of tokens and positions, some dropped.  tokens: [B, T], i32 → [B, T, C] */
function embedTokens(
  { config, tokenEmbedding, positionEmbedding, positions }: TransformerStack,
  tokens: Tensor,
  starts: readonly number[],
  random: Random | undefined,
): Tensor {
  const time = tokens.shape[1]!;
  const plain = tokenEmbedding.forward(tokens);
  const embedded = config.positions === "sinusoidal" ? mul(plain, Math.sqrt(config.width)) : plain;
  const vectors = positionEmbedding
    ? positionVectors(positionEmbedding.weight, starts, time)
    : positions.vectors(starts, time, tokens.runtime);
  return dropEmbeddings(vectors ? add(embedded, vectors) : embedded, config.dropout, random);
}

/** Dropout of embeddings, where there is a key. */
export function dropEmbeddings(x: Tensor, rate: number, random: Random | undefined): Tensor {
  return random && rate > 0 ? dropout(x, { rate, random: random.fork("embedding") }) : x;
}

/** Tokens [B, T], i32, embedded, and all that is above.  → [B, T, C] @throws as `startsOf` */
export function runStack(
  where: string,
  stack: TransformerStack,
  tokens: Tensor,
  context: StackContext,
): Tensor {
  return tokens.runtime.scope(() => {
    const starts = startsOf(where, stack, tokens, context);
    return runBlocks(stack, embedTokens(stack, tokens, starts, context.random), starts, context);
  });
}

/** The blocks and the last norm.  x, y: [B, T, C]; row b of x begins at position starts[b]. */
export function runBlocks(
  { blocks, norm, positions }: TransformerStack,
  x: Tensor,
  starts: readonly number[],
  context: StackContext,
): Tensor {
  const { random, cache, memory, checkpoint: wanted = false, ...shared } = context;
  // Run again, a block would give its attention weights again.
  const again = wanted && !shared.weights && !shared.crossWeights;
  const rotation = positions.rotation(starts, x.shape[1]!, x.runtime);
  let y = x;
  blocks.forEach((block, layer) => {
    const own = {
      random: random?.fork(`blocks.${layer}`),
      cache: cache?.[layer],
      memory: isList(memory) ? memory[layer] : memory,
      rotation,
    };
    const run = (input: Tensor) => block.forward(input, { ...shared, ...own });
    const next = again ? checkpoint(run)(y) : run(y);
    // The graph has what it needs of y; x is the caller's.
    if (y !== x) y.dispose();
    y = next;
  });
  return norm ? norm.forward(y) : y;
}

const isList = (memory: StackContext["memory"]): memory is readonly KeyValueCache[] => Array.isArray(memory);

import { ArgumentError } from "../errors.ts";
import { pow } from "../math.ts";
import { type NamedTensor, namedTensors } from "../nn/parameters.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface LayerwiseOptions {
  /** Of what is on top: the head, the last norm, the pooler. */
  readonly learningRate: number;
  /** Factor of the learning rate from each layer to the one below, above 0 and at most 1. */
  readonly decay: number;
  /** For matrices; vectors (biases, gains) get 0. Default: the optimizer's for all. */
  readonly weightDecay?: number;
}

/** Parameters of one depth, for any optimizer; with `weightDecay` for those that have one. */
export interface LayerwiseGroup {
  readonly parameters: readonly Tensor[];
  readonly learningRate: number;
  readonly weightDecay?: number;
}

/**
 * The parameters of a model in groups whose learning rates fall with depth, so that what is general changes
 * least (Howard & Ruder 2018, section 3.2, "discriminative fine-tuning").
 *
 *   head      η
 *   block L-1 η·decay
 *   block 0   η·decayᴸ
 *   embedding η·decayᴸ⁺¹
 *
 * A parameter is of block i where its path has `blocks.i`, of the embedding where it has a field of an
 * embedding, and else of the head. An encoder-decoder's two stacks count each for itself. Frozen parameters
 * are left out.
 *
 * ```ts
 * const learningRate = 1e-4;
 * const optimizer = new AdamW(layerwiseGroups(model, { learningRate, decay: 0.9 }), { learningRate });
 * ```
 */
export function layerwiseGroups(model: object, options: LayerwiseOptions): LayerwiseGroup[] {
  const { learningRate, decay, weightDecay } = options;
  if (!(decay > 0 && decay <= 1)) {
    throw new ArgumentError("layerwiseGroups.decay", "a factor above 0 up to 1", decay);
  }
  const named = namedTensors(model);
  const heights = stackHeights(named);
  const byDistance = new Map<number, Tensor[]>();
  for (const { name, tensor } of named) {
    if (!tensor.requiresGrad) continue;
    const distance = distanceFromTop(name, heights);
    byDistance.set(distance, [...(byDistance.get(distance) ?? []), tensor]);
  }
  return [...byDistance]
    .sort(([a], [b]) => a - b)
    .flatMap(([distance, parameters]) =>
      withDecay(parameters, learningRate * pow(decay, distance), weightDecay),
    );
}

const BLOCK = /^(.*?)\bblocks\.(\d+)\./;
const EMBEDDING = /^(.*?)\b(?:token|position|segment)?[eE]mbedding(?:Norm)?\./;

/** Blocks of each stack, by the path before them. */
function stackHeights(named: readonly NamedTensor[]): ReadonlyMap<string, number> {
  const heights = new Map<string, number>();
  for (const { name } of named) {
    const [, stack, block] = BLOCK.exec(name) ?? [];
    if (stack === undefined) continue;
    heights.set(stack, Math.max(heights.get(stack) ?? 0, Number(block) + 1));
  }
  return heights;
}

function distanceFromTop(name: string, heights: ReadonlyMap<string, number>): number {
  const [, stack, block] = BLOCK.exec(name) ?? [];
  if (stack !== undefined) return heights.get(stack)! - Number(block);
  const [, below] = EMBEDDING.exec(name) ?? [];
  return below === undefined ? 0 : (heights.get(below) ?? 0) + 1;
}

function withDecay(
  parameters: readonly Tensor[],
  learningRate: number,
  weightDecay: number | undefined,
): LayerwiseGroup[] {
  if (weightDecay === undefined) return [{ parameters, learningRate }];
  const groups = [
    { parameters: parameters.filter(({ rank }) => rank >= 2), learningRate, weightDecay },
    { parameters: parameters.filter(({ rank }) => rank < 2), learningRate, weightDecay: 0 },
  ];
  return groups.filter((group) => group.parameters.length > 0);
}

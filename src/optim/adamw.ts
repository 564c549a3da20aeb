import { pow } from "../math.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Optimizer, type ParameterGroup } from "./optimizer.ts";

export interface AdamWOptions {
  /** Default 1e-3. */
  readonly learningRate: number;
  /** Decay of the running mean of gradients. Default 0.9. */
  readonly beta1: number;
  /** Decay of the running mean of their squares. Default 0.999. */
  readonly beta2: number;
  /** Default 1e-8. */
  readonly eps: number;
  /** Share of a weight, times the learning rate, that a step takes away. Default 0.01. */
  readonly weightDecay: number;
}

const defaults: AdamWOptions = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), in one pass over memory. */
export class AdamW extends Optimizer<AdamWOptions> {
  /** Of the group and step that came last. */
  #factors: Factors | null = null;

  constructor(
    parameters: readonly Tensor[] | readonly ParameterGroup<AdamWOptions>[],
    options: Partial<AdamWOptions> = {},
  ) {
    super(parameters, { ...defaults, ...options }, () => ["m", "v"]);
  }

  protected override updateOne(
    parameter: Tensor,
    gradient: Tensor,
    { m, v }: Readonly<Record<string, Tensor>>,
    options: AdamWOptions,
  ): void {
    if (this.#factors?.options !== options) this.#factors = factorsOf(options, this.step);
    const { learningRate, beta1, beta2, eps, weightDecay } = options;
    const { stepSize, rootScale } = this.#factors;
    parameter.runtime.kernels.adamw(
      parameter.ptr,
      m!.ptr,
      v!.ptr,
      gradient.ptr,
      parameter.size,
      learningRate * weightDecay,
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      stepSize,
      rootScale,
      eps,
    );
  }
}

/** What the means' bias towards their start 0 makes of the factors of a step: α/(1-β₁ᵗ) and 1/√(1-β₂ᵗ). */
interface Factors {
  readonly options: AdamWOptions;
  readonly stepSize: number;
  readonly rootScale: number;
}

function factorsOf(options: AdamWOptions, step: number): Factors {
  const { learningRate, beta1, beta2 } = options;
  return {
    options,
    stepSize: learningRate / (1 - pow(beta1, step)),
    rootScale: 1 / Math.sqrt(1 - pow(beta2, step)),
  };
}

/** Two groups: matrices, which decay, and vectors (biases, gains), which do not, as in GPT-2. */
export function decayMatricesOnly(
  parameters: readonly Tensor[],
  weightDecay: number,
): ParameterGroup<AdamWOptions>[] {
  const groups = [
    { parameters: parameters.filter(({ rank }) => rank >= 2), weightDecay },
    { parameters: parameters.filter(({ rank }) => rank < 2), weightDecay: 0 },
  ];
  return groups.filter((group) => group.parameters.length > 0);
}

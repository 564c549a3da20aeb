import { pow } from "../math.ts";
import { add } from "../ops/add.ts";
import { assign } from "../ops/assign.ts";
import { div } from "../ops/div.ts";
import { maximum } from "../ops/maximum.ts";
import { mul } from "../ops/mul.ts";
import { sqrt } from "../ops/sqrt.ts";
import { square } from "../ops/square.ts";
import { sub } from "../ops/sub.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Optimizer, type ParameterGroup } from "./optimizer.ts";

export interface AdamOptions {
  /** α. Default 1e-3. */
  readonly learningRate: number;
  /** Decay of the running mean of gradients. Default 0.9. */
  readonly beta1: number;
  /** Decay of the running mean of their squares. Default 0.999. */
  readonly beta2: number;
  /** Default 1e-8. */
  readonly eps: number;
  /** Added to the gradient, times the weight (L2). Default 0; for decoupled decay use `AdamW`. */
  readonly weightDecay: number;
  /** Divide by the largest running mean of squares so far (Reddi et al. 2018). Default false. */
  readonly amsgrad: boolean;
}

const defaults: AdamOptions = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
};

/**
 * Adam (Kingma & Ba 2015, algorithm 1), line by line:
 *
 *   m ← β₁·m + (1-β₁)·g        m̂ = m/(1-β₁ᵗ)
 *   v ← β₂·v + (1-β₂)·g²       v̂ = v/(1-β₂ᵗ)
 *   p ← p - α·m̂/(√v̂ + ε)
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(
    parameters: readonly Tensor[] | readonly ParameterGroup<AdamOptions>[],
    options: Partial<AdamOptions> = {},
  ) {
    super(parameters, { ...defaults, ...options }, ({ amsgrad }) =>
      amsgrad ? ["m", "v", "largest"] : ["m", "v"],
    );
  }

  protected override updateOne(
    parameter: Tensor,
    gradient: Tensor,
    { m, v, largest }: Readonly<Record<string, Tensor>>,
    { learningRate, beta1, beta2, eps, weightDecay }: AdamOptions,
  ): void {
    const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
    assign(m!, add(mul(m!, beta1), mul(g, 1 - beta1)));
    assign(v!, add(mul(v!, beta2), mul(square(g), 1 - beta2)));
    if (largest) assign(largest, maximum(largest, v!));
    const mHat = div(m!, 1 - pow(beta1, this.step));
    const vHat = div(largest ?? v!, 1 - pow(beta2, this.step));
    assign(parameter, sub(parameter, mul(div(mHat, add(sqrt(vHat), eps)), learningRate)));
  }
}

import { add } from "../ops/add.ts";
import { assign } from "../ops/assign.ts";
import { div } from "../ops/div.ts";
import { mul } from "../ops/mul.ts";
import { sqrt } from "../ops/sqrt.ts";
import { square } from "../ops/square.ts";
import { sub } from "../ops/sub.ts";
import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Optimizer, type ParameterGroup } from "./optimizer.ts";

export interface AdagradOptions {
  /** Default 1e-2. */
  readonly learningRate: number;
  /** The learning rate of update t is divided by 1 + (t-1)·learningRateDecay. Default 0. */
  readonly learningRateDecay: number;
  /** What the sum of squares starts from. Default 0. */
  readonly initialAccumulator: number;
  /** Default 1e-10. */
  readonly eps: number;
  /** Added to the gradient, times the weight. Default 0. */
  readonly weightDecay: number;
}

const defaults: AdagradOptions = {
  learningRate: 1e-2,
  learningRateDecay: 0,
  initialAccumulator: 0,
  eps: 1e-10,
  weightDecay: 0,
};

/** Adagrad (Duchi et al. 2011): p ← p - learningRate·g/(√s + ε) with s ← s + g². */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(
    parameters: readonly Tensor[] | readonly ParameterGroup<AdagradOptions>[],
    options: Partial<AdagradOptions> = {},
  ) {
    super(parameters, { ...defaults, ...options }, () => ["sum"]);
  }

  protected override updateOne(
    parameter: Tensor,
    gradient: Tensor,
    { sum }: Readonly<Record<string, Tensor>>,
    { learningRate, learningRateDecay, initialAccumulator, eps, weightDecay }: AdagradOptions,
  ): void {
    if (this.step === 1) assign(sum!, full(sum!.shape, initialAccumulator, { runtime: sum!.runtime }));
    const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
    assign(sum!, add(sum!, square(g)));
    const rate = learningRate / (1 + (this.step - 1) * learningRateDecay);
    assign(parameter, sub(parameter, mul(div(g, add(sqrt(sum!), eps)), rate)));
  }
}

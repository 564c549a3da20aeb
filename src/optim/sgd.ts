import { add } from "../ops/add.ts";
import { assign } from "../ops/assign.ts";
import { mul } from "../ops/mul.ts";
import { sub } from "../ops/sub.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Optimizer, type ParameterGroup } from "./optimizer.ts";

export interface SgdOptions {
  /** Default 1e-3. */
  readonly learningRate: number;
  /** Share of the last step's direction that is kept. Default 0. */
  readonly momentum: number;
  /** Share of the gradient that does not enter the direction, after the first step. Default 0. */
  readonly dampening: number;
  /** Look ahead along the direction (Sutskever et al. 2013). Default false. */
  readonly nesterov: boolean;
  /** Added to the gradient, times the weight. Default 0. */
  readonly weightDecay: number;
}

const defaults: SgdOptions = {
  learningRate: 1e-3,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  weightDecay: 0,
};

/** Stochastic gradient descent: p ← p - learningRate·d, with d = g, or with momentum d ← momentum·d + (1-dampening)·g. */
export class Sgd extends Optimizer<SgdOptions> {
  constructor(
    parameters: readonly Tensor[] | readonly ParameterGroup<SgdOptions>[],
    options: Partial<SgdOptions> = {},
  ) {
    super(parameters, { ...defaults, ...options }, ({ momentum }) => (momentum === 0 ? [] : ["direction"]));
  }

  protected override updateOne(
    parameter: Tensor,
    gradient: Tensor,
    { direction }: Readonly<Record<string, Tensor>>,
    { learningRate, momentum, dampening, nesterov, weightDecay }: SgdOptions,
  ): void {
    let d = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
    if (direction) {
      const fresh = this.step === 1 ? d : mul(d, 1 - dampening);
      assign(direction, add(mul(direction, momentum), fresh));
      d = nesterov ? add(d, mul(direction, momentum)) : direction;
    }
    assign(parameter, sub(parameter, mul(d, learningRate)));
  }
}

import { add } from "../ops/add.ts";
import { assign } from "../ops/assign.ts";
import { div } from "../ops/div.ts";
import { mul } from "../ops/mul.ts";
import { sqrt } from "../ops/sqrt.ts";
import { square } from "../ops/square.ts";
import { sub } from "../ops/sub.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Optimizer, type ParameterGroup } from "./optimizer.ts";

export interface RmsPropOptions {
  /** Default 1e-2. */
  readonly learningRate: number;
  /** Decay of the running mean of squared gradients. Default 0.99. */
  readonly decay: number;
  /** Default 1e-8. */
  readonly eps: number;
  /** Default 0. */
  readonly momentum: number;
  /** Divide by the deviation instead of the root mean square (Graves 2013). Default false. */
  readonly centered: boolean;
  /** Added to the gradient, times the weight. Default 0. */
  readonly weightDecay: number;
}

const defaults: RmsPropOptions = {
  learningRate: 1e-2,
  decay: 0.99,
  eps: 1e-8,
  momentum: 0,
  centered: false,
  weightDecay: 0,
};

/** RMSProp (Tieleman & Hinton 2012): p ← p - learningRate·g/(√v + ε) with v ← decay·v + (1-decay)·g². */
export class RmsProp extends Optimizer<RmsPropOptions> {
  constructor(
    parameters: readonly Tensor[] | readonly ParameterGroup<RmsPropOptions>[],
    options: Partial<RmsPropOptions> = {},
  ) {
    super(parameters, { ...defaults, ...options }, ({ momentum, centered }) => [
      "squares",
      ...(centered ? ["mean"] : []),
      ...(momentum === 0 ? [] : ["direction"]),
    ]);
  }

  protected override updateOne(
    parameter: Tensor,
    gradient: Tensor,
    { squares, mean, direction }: Readonly<Record<string, Tensor>>,
    { learningRate, decay, eps, momentum, weightDecay }: RmsPropOptions,
  ): void {
    const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
    assign(squares!, add(mul(squares!, decay), mul(square(g), 1 - decay)));
    if (mean) assign(mean, add(mul(mean, decay), mul(g, 1 - decay)));
    const variance = mean ? sub(squares!, square(mean)) : squares!;
    let d = div(g, add(sqrt(variance), eps));
    if (direction) d = assign(direction, add(mul(direction, momentum), d));
    assign(parameter, sub(parameter, mul(d, learningRate)));
  }
}

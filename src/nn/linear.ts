import { linear } from "../ops/linear.ts";
import { parameter, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { initialWeight, type LayerOptions, optionsFor } from "./options.ts";

/** y = x·wᵀ + b.  x: [..., inputs]  weight: [outputs, inputs]  bias: [outputs]  y: [..., outputs] */
export class Linear {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  /** Biases start uniform as in PyTorch, or at 0 where `deviation` says that weights are normal. */
  constructor(inputs: number, outputs: number, options: LayerOptions) {
    this.weight = initialWeight([outputs, inputs], inputs, optionsFor(options, "weight"));
    this.bias = options.bias === false ? null : initialBias(outputs, inputs, optionsFor(options, "bias"));
  }

  forward(x: Tensor): Tensor {
    return this.bias ? linear(x, this.weight, this.bias) : linear(x, this.weight);
  }
}

function initialBias(outputs: number, inputs: number, options: LayerOptions): Tensor {
  if (options.deviation === undefined) return initialWeight([outputs], inputs, options);
  return parameter(zeros([outputs], options.runtime ? { runtime: options.runtime } : {}));
}

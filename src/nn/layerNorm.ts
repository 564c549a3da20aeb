import { layerNorm } from "../ops/layerNorm.ts";
import { ones, parameter, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { LayerOptions } from "./options.ts";

export interface NormLayerOptions extends Pick<LayerOptions, "bias" | "runtime"> {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * y = (x - mean)/√(variance + eps)·gain + bias over the last axis (Ba et al. 2016).
 *
 *   x, y: [..., C]  gain, bias: [C]
 */
export class LayerNorm {
  readonly gain: Tensor;
  readonly bias: Tensor | null;
  readonly eps: number;

  constructor(width: number, { bias = true, eps = 1e-5, runtime }: NormLayerOptions = {}) {
    const where = runtime ? { runtime } : {};
    this.gain = parameter(ones([width], where));
    this.bias = bias ? parameter(zeros([width], where)) : null;
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    const { gain, bias, eps } = this;
    return layerNorm(x, bias ? { gain, bias, eps } : { gain, eps });
  }
}

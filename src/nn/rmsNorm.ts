import { rmsNorm } from "../ops/rmsNorm.ts";
import { ones, parameter } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { NormLayerOptions } from "./layerNorm.ts";

/** y = x/√(mean(x²) + eps)·gain over the last axis (Zhang & Sennrich 2019).  x, y: [..., C]  gain: [C] */
export class RmsNorm {
  readonly gain: Tensor;
  readonly eps: number;

  constructor(width: number, { eps = 1e-5, runtime }: Omit<NormLayerOptions, "bias"> = {}) {
    this.gain = parameter(ones([width], runtime ? { runtime } : {}));
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, { gain: this.gain, eps: this.eps });
  }
}

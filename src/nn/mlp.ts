import { gelu } from "../ops/gelu.ts";
import { relu } from "../ops/relu.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Linear } from "./linear.ts";
import { type LayerOptions, optionsFor } from "./options.ts";

/** "gelu" is the erf form, "geluTanh" GPT-2's approximation. */
export type Activation = "gelu" | "geluTanh" | "relu";

const activations = {
  gelu: (x) => gelu(x),
  geluTanh: (x) => gelu(x, { approximate: "tanh" }),
  relu,
} as const satisfies Record<Activation, (x: Tensor) => Tensor>;

export interface MlpOptions extends LayerOptions {
  /** Default "gelu". */
  readonly activation?: Activation;
  /** Width between the two layers. Default 4·C. */
  readonly hidden?: number;
  /** Deviation of the second layer's weights, where it differs. */
  readonly outputDeviation?: number;
}

/** y = W₂·activation(W₁·x + b₁) + b₂ at each position.  x, y: [B, T, C] */
export class Mlp {
  readonly expand: Linear;
  readonly project: Linear;
  readonly activation: Activation;

  constructor(width: number, options: MlpOptions) {
    const { activation = "gelu", hidden = 4 * width, outputDeviation = options.deviation } = options;
    this.activation = activation;
    this.expand = new Linear(width, hidden, optionsFor(options, "expand"));
    const output = outputDeviation === undefined ? options : { ...options, deviation: outputDeviation };
    this.project = new Linear(hidden, width, optionsFor(output, "project"));
  }

  forward(x: Tensor): Tensor {
    return this.project.forward(activations[this.activation](this.expand.forward(x)));
  }
}

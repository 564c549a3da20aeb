import { gelu } from "../ops/gelu.ts";
import { relu } from "../ops/relu.ts";
import { swiglu } from "../ops/swiglu.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Linear } from "./linear.ts";
import { type LayerOptions, optionsFor } from "./options.ts";

/**
 * "gelu" is the erf form, "geluTanh" GPT-2's approximation; "swiglu" multiplies by a gate, a third layer
 * (Shazeer 2020).
 */
export type Activation = "gelu" | "geluTanh" | "relu" | "swiglu";

const activations = {
  gelu: (x) => gelu(x),
  geluTanh: (x) => gelu(x, { approximate: "tanh" }),
  relu,
} as const satisfies Record<Exclude<Activation, "swiglu">, (x: Tensor) => Tensor>;

/** activation(x), elementwise. */
export const activate = (activation: Exclude<Activation, "swiglu">, x: Tensor): Tensor =>
  activations[activation](x);

/**
 * Width between the layers: 4·C, or where there is a gate two thirds of that, rounded up to a multiple of 32,
 * which costs as much.
 */
export const hiddenWidth = (width: number, activation: Activation): number =>
  activation === "swiglu" ? 32 * Math.ceil(width / 12) : 4 * width;

export interface MlpOptions extends LayerOptions {
  /** Default "gelu". */
  readonly activation?: Activation;
  /** Width between the layers. Default 4·C, with "swiglu" 8/3·C rounded up to a multiple of 32. */
  readonly hidden?: number;
  /** Deviation of the last layer's weights, where it differs. */
  readonly outputDeviation?: number;
}

/**
 * At each position y = project(activation(expand(x))), or y = project(silu(gate(x))·expand(x)) with "swiglu".
 * x, y: [B, T, C]
 */
export class Mlp {
  /** Null but with "swiglu". */
  readonly gate: Linear | null;
  readonly expand: Linear;
  readonly project: Linear;
  readonly activation: Activation;

  constructor(width: number, options: MlpOptions) {
    const { activation = "gelu", outputDeviation = options.deviation } = options;
    const { hidden = hiddenWidth(width, activation) } = options;
    this.activation = activation;
    this.gate = activation === "swiglu" ? new Linear(width, hidden, optionsFor(options, "gate")) : null;
    this.expand = new Linear(width, hidden, optionsFor(options, "expand"));
    const output = outputDeviation === undefined ? options : { ...options, deviation: outputDeviation };
    this.project = new Linear(hidden, width, optionsFor(output, "project"));
  }

  /** `random`: key of the dropout of adapters, the only one here. */
  forward(x: Tensor, random?: Random): Tensor {
    return this.project.forward(this.#activate(x, random), random?.fork("project"));
  }

  #activate(x: Tensor, random: Random | undefined): Tensor {
    const expanded = this.expand.forward(x, random?.fork("expand"));
    if (this.activation === "swiglu") return swiglu(this.gate!.forward(x, random?.fork("gate")), expanded);
    return activate(this.activation, expanded);
  }
}

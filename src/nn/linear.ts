import { linear } from "../ops/linear.ts";
import { quantizedLinear } from "../ops/quantizedLinear.ts";
import { quantizeRows } from "../ops/quantizeRows.ts";
import type { Random } from "../random.ts";
import { parameter, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { LowRankAdapter } from "./lowRankAdapter.ts";
import { initialWeight, type LayerOptions, optionsFor } from "./options.ts";

/** y = x·wᵀ + b.  x: [..., inputs]  weight: [outputs, inputs]  bias: [outputs]  y: [..., outputs] */
export class Linear {
  readonly inputs: number;
  readonly outputs: number;
  /** Floats; or, where there are scales, the codes of 8 bits that `quantizeRows` makes: [outputs, ⌈inputs/4⌉], i32. */
  weight: Tensor;
  /** [outputs]; null where the weight holds floats. */
  scales: Tensor | null = null;
  readonly bias: Tensor | null;
  /** What `addLora` adds to the weight's product. */
  adapter: LowRankAdapter | null = null;

  /** Biases start uniform as in PyTorch, or at 0 where `deviation` says that weights are normal. */
  constructor(inputs: number, outputs: number, options: LayerOptions) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.weight = initialWeight([outputs, inputs], inputs, optionsFor(options, "weight"));
    if (options.weights === "int8") this.quantize();
    this.bias = options.bias === false ? null : initialBias(outputs, inputs, optionsFor(options, "bias"));
  }

  /** `random`: key of the adapter's dropout; without it nothing is dropped. */
  forward(x: Tensor, random?: Random): Tensor {
    const { adapter } = this;
    if (!adapter) return this.#multiply(x);
    return x.runtime.scope(() => adapter.addTo(this.#multiply(x), x, random));
  }

  /** Keeps the weight in 8 bits an element from now on: a quarter of the memory, and it is not trained any more. */
  quantize(): void {
    if (this.scales) return;
    const { weight } = this;
    const { codes, scales } = weight.runtime.withRecording(false, () => quantizeRows(weight));
    weight.dispose();
    this.weight = parameter(codes, { requiresGrad: false });
    this.scales = parameter(scales, { requiresGrad: false });
  }

  #multiply(x: Tensor): Tensor {
    const { weight, scales, bias } = this;
    if (scales) return quantizedLinear(x, { codes: weight, scales }, bias ?? undefined);
    return bias ? linear(x, weight, bias) : linear(x, weight);
  }
}

function initialBias(outputs: number, inputs: number, options: LayerOptions): Tensor {
  if (options.deviation === undefined) return initialWeight([outputs], inputs, options);
  return parameter(zeros([outputs], options.runtime ? { runtime: options.runtime } : {}));
}

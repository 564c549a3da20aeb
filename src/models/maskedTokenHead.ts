import { Linear } from "../nn/linear.ts";
import { type Activation, activate } from "../nn/mlp.ts";
import { makeNorm, type Norm, type NormOptions } from "../nn/norm.ts";
import { type LayerOptions, optionsFor } from "../nn/options.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { indexSelect } from "../ops/indexSelect.ts";
import { linear } from "../ops/linear.ts";
import { reshape } from "../ops/reshape.ts";
import { parameter, tensor, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface MaskedTokenHeadOptions extends LayerOptions, Omit<NormOptions, "bias"> {
  readonly vocabSize: number;
  /** Default "gelu". A gate has no place here: "swiglu" counts as "gelu". */
  readonly activation?: Activation;
}

/** The target of a position whose token was not masked. */
const UNMASKED = -100;

/**
 * Tells masked symbols from hidden states (Devlin et al. 2018, section 3.1, as in its release): one more
 * layer, and the token embedding read backwards, with a bias of its own.
 *
 *   hidden: [..., C] → logits: [..., V]
 */
export class MaskedTokenHead {
  readonly transform: Linear;
  readonly norm: Norm;
  /** [V] */
  readonly bias: Tensor;
  readonly activation: Exclude<Activation, "swiglu">;

  constructor(width: number, options: MaskedTokenHeadOptions) {
    const { vocabSize, activation = "gelu", runtime } = options;
    this.activation = activation === "swiglu" ? "gelu" : activation;
    this.transform = new Linear(width, width, optionsFor(options, "transform"));
    this.norm = makeNorm(width, options);
    this.bias = parameter(zeros([vocabSize], runtime ? { runtime } : {}));
  }

  /** `embedding`: the weight of the token embedding, [V, C]. */
  forward(hidden: Tensor, embedding: Tensor): Tensor {
    const transformed = this.norm.forward(activate(this.activation, this.transform.forward(hidden)));
    return linear(transformed, embedding, this.bias);
  }

  /**
   * Mean cross-entropy where a token was masked; logits of other positions are never computed.  targets:
   * [...], i32, -100 elsewhere
   */
  loss(hidden: Tensor, embedding: Tensor, targets: Tensor): Tensor {
    const { runtime } = hidden;
    const wanted = Array.from(targets.toTypedArray());
    const masked = Int32Array.from(wanted.keys()).filter((place) => wanted[place] !== UNMASKED);
    return runtime.scope(() => {
      const rows = reshape(hidden, [wanted.length, hidden.shape.at(-1)!]);
      const places = tensor(masked, { runtime });
      const logits = this.forward(indexSelect(rows, places), embedding);
      return crossEntropy(logits, indexSelect(reshape(targets, [wanted.length]), places));
    });
  }
}

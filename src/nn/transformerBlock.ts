import { add } from "../ops/add.ts";
import { dropout } from "../ops/dropout.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AttentionContext, type AttentionLayerOptions, MultiHeadAttention } from "./attention.ts";
import { LayerNorm } from "./layerNorm.ts";
import { Mlp, type MlpOptions } from "./mlp.ts";
import { optionsFor } from "./options.ts";

export type BlockOptions = AttentionLayerOptions & MlpOptions;

/**
 * x + attention(norm(x)), then that + mlp(norm(that)): normalisation before each sublayer, as in GPT-2 (Radford et al. 2019, section 2.3).
 * x, y: [B, T, C]
 */
export class TransformerBlock {
  readonly attentionNorm: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly mlpNorm: LayerNorm;
  readonly mlp: Mlp;
  readonly dropout: number;

  constructor(width: number, options: BlockOptions) {
    this.dropout = options.dropout ?? 0;
    this.attentionNorm = new LayerNorm(width, options);
    this.attention = new MultiHeadAttention(width, optionsFor(options, "attention"));
    this.mlpNorm = new LayerNorm(width, options);
    this.mlp = new Mlp(width, optionsFor(options, "mlp"));
  }

  forward(x: Tensor, { random, ...context }: AttentionContext = {}): Tensor {
    // What backward needs outlives the scope; the sums and projections in between do not.
    return x.runtime.scope(() => {
      const attended = this.attention.forward(this.attentionNorm.forward(x), {
        ...context,
        random: random?.fork("attention"),
      });
      const middle = add(x, this.#drop(attended, random?.fork("attentionDropout")));
      const expanded = this.mlp.forward(this.mlpNorm.forward(middle));
      return add(middle, this.#drop(expanded, random?.fork("mlpDropout")));
    });
  }

  #drop(x: Tensor, random: Random | undefined): Tensor {
    return random && this.dropout > 0 ? dropout(x, { rate: this.dropout, random }) : x;
  }
}

import { ArgumentError } from "../errors.ts";
import { add } from "../ops/add.ts";
import { dropout } from "../ops/dropout.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AttentionContext, type AttentionLayerOptions, MultiHeadAttention } from "./attention.ts";
import type { CrossAttention, Memory } from "./crossAttention.ts";
import { Mlp, type MlpOptions } from "./mlp.ts";
import { makeNorm, type Norm, type NormOptions } from "./norm.ts";
import { optionsFor } from "./options.ts";

export interface BlockOptions extends AttentionLayerOptions, MlpOptions, Omit<NormOptions, "bias"> {
  /** Whether a sublayer's input is normalised, or the sum of its input and output. Default "pre". */
  readonly normOrder?: "pre" | "post";
  /** The class of a sublayer that attends to another sequence: a value, so that programs without it bundle none. Default none. */
  readonly crossAttention?: typeof CrossAttention;
}

export interface BlockContext extends AttentionContext {
  /** What cross-attention looks at. */
  readonly memory?: Memory | undefined;
  /** Vectors of each row of the memory that are real. Default all; a cache knows its own. */
  readonly memoryLengths?: readonly number[] | undefined;
  /** A list for the weights of cross-attention, as `weights` is for those of self-attention. */
  readonly crossWeights?: Tensor[] | undefined;
}

/**
 * A layer of every Transformer: sublayers of self-attention, perhaps cross-attention, and an MLP, each with a
 * norm and a way around it.
 *
 *   pre:  x + sublayer(norm(x))   as in GPT-2 (Radford et al. 2019, section 2.3)
 *   post: norm(x + sublayer(x))   as first published (Vaswani et al. 2017, section 3.1)
 *
 *   x, y: [B, T, C]
 */
export class TransformerBlock {
  readonly attentionNorm: Norm;
  readonly attention: MultiHeadAttention;
  readonly crossAttentionNorm: Norm | null = null;
  readonly crossAttention: CrossAttention | null = null;
  readonly mlpNorm: Norm;
  readonly mlp: Mlp;
  readonly normOrder: "pre" | "post";
  /** Share dropped of each sublayer's output when a key is passed to `forward`. */
  readonly dropout: number;

  constructor(width: number, options: BlockOptions) {
    this.dropout = options.dropout ?? 0;
    this.normOrder = options.normOrder ?? "pre";
    this.attentionNorm = makeNorm(width, options);
    this.attention = new MultiHeadAttention(width, optionsFor(options, "attention"));
    if (options.crossAttention) {
      this.crossAttentionNorm = makeNorm(width, options);
      this.crossAttention = new options.crossAttention(width, optionsFor(options, "crossAttention"));
    }
    this.mlpNorm = makeNorm(width, options);
    this.mlp = new Mlp(width, optionsFor(options, "mlp"));
  }

  /** @throws ArgumentError where there is cross-attention but no memory for it */
  forward(x: Tensor, context: BlockContext = {}): Tensor {
    const { random, memory, memoryLengths, crossWeights } = context;
    // What backward needs outlives the scope; the sums and projections in between do not.
    return x.runtime.scope(() => {
      let y = this.#around("attention", this.attentionNorm, x, random, (input, key) =>
        this.attention.forward(input, { ...context, random: key }),
      );
      if (this.crossAttention) {
        const cross = { memoryLengths, weights: crossWeights };
        y = this.#around("crossAttention", this.crossAttentionNorm!, y, random, (input, key) =>
          this.crossAttention!.forward(input, needed(memory), { ...cross, random: key }),
        );
      }
      return this.#around("mlp", this.mlpNorm, y, random, (input, key) => this.mlp.forward(input, key));
    });
  }

  /** A sublayer with its norm, its dropout and the way around it. */
  #around(
    name: string,
    norm: Norm,
    x: Tensor,
    random: Random | undefined,
    sublayer: (input: Tensor, random: Random | undefined) => Tensor,
  ): Tensor {
    const pre = this.normOrder === "pre";
    const y = sublayer(pre ? norm.forward(x) : x, random?.fork(name));
    const sum = add(x, this.#drop(y, random?.fork(`${name}Dropout`)));
    return pre ? sum : norm.forward(sum);
  }

  #drop(x: Tensor, random: Random | undefined): Tensor {
    return random && this.dropout > 0 ? dropout(x, { rate: this.dropout, random }) : x;
  }
}

function needed(memory: Memory | undefined): Memory {
  if (memory) return memory;
  throw new ArgumentError("TransformerBlock", "a memory for its cross-attention", memory);
}

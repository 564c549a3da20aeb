import { ArgumentError } from "../errors.ts";
import { add } from "../ops/add.ts";
import { dropout } from "../ops/dropout.ts";
import { linear } from "../ops/linear.ts";
import { matmul } from "../ops/matmul.ts";
import { mul } from "../ops/mul.ts";
import type { Random } from "../random.ts";
import { parameter, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { initialWeight, type LayerOptions, optionsFor } from "./options.ts";

export interface LowRankOptions extends Pick<LayerOptions, "random" | "initial" | "runtime"> {
  /** r: rows of A and columns of B; far fewer than the layer has. */
  readonly rank: number;
  /** α: what is added is scaled by α/r, so that a learning rate suits every rank. Default `rank`. */
  readonly alpha?: number;
  /** Share of the adapter's input dropped when a key is passed to `forward`. Default 0. */
  readonly dropout?: number;
}

/**
 * What low-rank adaptation adds to a linear layer whose own weight stays (Hu et al. 2021, section 4.1,
 * equation 3).
 *
 *   y = x·Wᵀ + b + α/r·(x·Aᵀ)·Bᵀ     A: [r, inputs]  B: [outputs, r]
 *
 * A starts uniform as a linear layer's weight, B at 0: at first nothing is added.
 */
export class LowRankAdapter {
  /** A: [r, inputs] */
  readonly down: Tensor;
  /** B: [outputs, r] */
  readonly up: Tensor;
  readonly alpha: number;
  readonly dropout: number;
  /** Whether the layer's weight has the product added to it already. */
  merged = false;

  /** @throws ArgumentError naming the option out of range */
  constructor(inputs: number, outputs: number, options: LowRankOptions) {
    const { rank, alpha = rank, dropout: rate = 0, runtime } = options;
    if (!Number.isInteger(rank) || rank < 1) {
      throw new ArgumentError("LowRankAdapter.rank", "a whole number from 1 on", rank);
    }
    if (!Number.isFinite(alpha)) throw new ArgumentError("LowRankAdapter.alpha", "a finite number", alpha);
    if (!(rate >= 0 && rate < 1)) {
      throw new ArgumentError("LowRankAdapter.dropout", "a share from 0 to below 1", rate);
    }
    this.down = initialWeight([rank, inputs], inputs, optionsFor(options, "down"));
    this.up = parameter(zeros([outputs, rank], runtime ? { runtime } : {}));
    this.alpha = alpha;
    this.dropout = rate;
  }

  get rank(): number {
    return this.down.shape[0]!;
  }

  /**
   * What the layer makes of x, with its adapter.  x: [..., inputs]  y: [..., outputs], what it makes without.
   */
  addTo(y: Tensor, x: Tensor, random: Random | undefined): Tensor {
    if (this.merged) return y;
    const { down, up, alpha, rank, dropout: rate } = this;
    return y.runtime.scope(() => {
      const seen = random && rate > 0 ? dropout(x, { rate, random }) : x;
      return add(y, linear(mul(linear(seen, down), alpha / rank), up));
    });
  }

  /** α/r·B·A: [outputs, inputs] */
  product(): Tensor {
    const { down, up, alpha, rank } = this;
    return up.runtime.scope(() => mul(matmul(up, down), alpha / rank));
  }
}

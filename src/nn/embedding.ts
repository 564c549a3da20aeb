import { embedding } from "../ops/embedding.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { initialWeight, type LayerOptions, optionsFor } from "./options.ts";

/**
 * A table of vectors. Weights start normal, with deviation 1.
 *
 *   indices: [...], i32  weight: [rows, width]  y: [..., width]
 */
export class Embedding {
  readonly weight: Tensor;

  constructor(rows: number, width: number, options: LayerOptions) {
    this.weight = initialWeight([rows, width], 1, optionsFor({ deviation: 1, ...options }, "weight"));
  }

  forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices);
  }
}

import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkDiagonal, type DiagonalOptions, keepBand } from "./support/band.ts";

export type { DiagonalOptions } from "./support/band.ts";

/** The lower triangle of x, up to and with the diagonal: elsewhere 0.  x, y: [..., m, n] */
export function tril(x: Tensor, { diagonal = 0 }: DiagonalOptions = {}): Tensor {
  checkDiagonal("tril", diagonal);
  const y = keepBand("tril", x, -Infinity, diagonal);
  return record(y, trilRule, { inputs: [x], constants: diagonal });
}

const trilRule: Rule<number> = {
  op: "tril",
  backward: ([dy], { constants: diagonal }) => [tril(dy!, { diagonal })],
};

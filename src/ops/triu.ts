import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkDiagonal, type DiagonalOptions, keepBand } from "./support/band.ts";

/** The upper triangle of x, from the diagonal on and with it: elsewhere 0.  x, y: [..., m, n] */
export function triu(x: Tensor, { diagonal = 0 }: DiagonalOptions = {}): Tensor {
  checkDiagonal("triu", diagonal);
  const y = keepBand("triu", x, diagonal, Infinity);
  return record(y, triuRule, { inputs: [x], constants: diagonal });
}

const triuRule: Rule<number> = {
  op: "triu",
  backward: ([dy], { constants: diagonal }) => [triu(dy!, { diagonal })],
};

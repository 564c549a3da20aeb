import { ArgumentError } from "../errors.ts";
import type { Random } from "../random.ts";
import { emptyLike, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { needFloats } from "./support/operand.ts";

export interface DropoutOptions {
  /** The probability that an element becomes 0, from 0 to 1. */
  readonly rate: number;
  /** Decides which: the same key drops the same elements, in backward too. */
  readonly random: Random;
}

/**
 * y = x·mask/(1 - rate), each element of the mask 0 with probability `rate`, else 1.  x, y: [...]
 *
 * Srivastava et al. 2014, "Dropout"; scaled while training, so that nothing is to be scaled afterwards. Rate
 * 0 returns x itself.
 */
export function dropout(x: Tensor, { rate, random }: DropoutOptions): Tensor {
  operands("dropout", x);
  needFloats("dropout", x);
  checkRate("dropout", rate);
  if (rate === 0) return x;
  const y = emptyLike(x);
  x.runtime.kernels.dropout(y.ptr, x.ptr, x.size, 0, random.key0, random.key1, rate);
  return record(y, dropoutRule, { inputs: [x], constants: { rate, random } });
}

/** It is linear in x: the gradient is dropped where x was, and needs nothing of x to be kept. */
const dropoutRule: Rule<DropoutOptions> = {
  op: "dropout",
  backward: ([dy], { constants }) => [dropout(dy!, constants)],
};

/** Refuses what is no probability. */
export function checkRate(op: string, rate: number): void {
  if (!(rate >= 0 && rate <= 1)) throw new ArgumentError(op, "a rate from 0 to 1", rate);
}

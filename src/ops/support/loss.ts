import { ArgumentError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mul } from "../mul.ts";
import { sum } from "../sum.ts";

/** What becomes of the single losses: all of them, their sum, or their mean. */
export type Reduction = "none" | "sum" | "mean";

export interface LossOptions {
  /** Default "mean". */
  readonly reduction?: Reduction;
}

/** Refuses a reduction that is none of `allowed`. */
export function checkReduction(
  op: string,
  reduction: string,
  allowed: readonly string[] = ["none", "sum", "mean"],
): void {
  if (!allowed.includes(reduction)) {
    throw new ArgumentError(op, `a reduction of ${allowed.join(", ")}`, reduction);
  }
}

/**
 * The losses, their sum, or their sum divided by `count` (NaN where nothing is counted, as the mean of
 * nothing is).
 */
export function reduceLosses(losses: Tensor, reduction: Reduction, count = losses.size): Tensor {
  if (reduction === "none") return losses;
  const total = sum(losses);
  return reduction === "mean" ? mul(total, 1 / count) : total;
}

import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { notEqual } from "./notEqual.ts";
import { sub } from "./sub.ts";
import { checkReduction, type Reduction, reduceLosses } from "./support/loss.ts";
import { where } from "./where.ts";

export interface KlDivergenceOptions {
  /**
   * "batchMean" divides the sum by the size of the first axis. Default "sum", which is the divergence itself.
   */
  readonly reduction?: Reduction | "batchMean";
}

/**
 * Σ a·log(a/e), a the target's and e the prediction's probabilities, with 0·log 0 = 0.
 *
 *   target, prediction: [...], broadcast
 *
 * PyTorch's `kl_div` takes the arguments in reverse order, the prediction as logarithms, and has the mean as
 * default. Where a = 0 the gradient with respect to a is 0 (its limit is -∞).
 *
 * ```ts
 * klDivergence(tensor([0.5, 0.5]), tensor([0.25, 0.75])); // 0.1438
 * ```
 */
export function klDivergence(
  target: Tensor,
  prediction: Tensor,
  { reduction = "sum" }: KlDivergenceOptions = {},
): Tensor {
  checkReduction("klDivergence", reduction, ["none", "sum", "mean", "batchMean"]);
  const runtime = operands("klDivergence", target, prediction);
  return runtime.scope(() => {
    const counts = notEqual(target, 0);
    // 1·log(1/1) stands for 0·log(0/e): neither value nor gradient sees a logarithm of 0.
    const a = where(counts, target, 1);
    const e = where(counts, prediction, 1);
    const terms = mul(a, sub(log(a), log(e)));
    if (reduction !== "batchMean") return reduceLosses(terms, reduction);
    return reduceLosses(terms, "mean", terms.shape[0] ?? 1);
  });
}

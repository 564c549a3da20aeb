import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { softplus } from "./softplus.ts";
import { sub } from "./sub.ts";
import { checkReduction, type LossOptions, reduceLosses } from "./support/loss.ts";

/**
 * -target·log p - (1 - target)·log(1 - p) with p = sigmoid(logits), reduced.
 *
 *   logits, target: [...], broadcast; target from 0 to 1
 *
 * Takes logits, as PyTorch's `binary_cross_entropy_with_logits`, because -log p = softplus(-logit) and
 * -log(1 - p) = softplus(logit) lose nothing where p is near 0 or 1.
 */
export function binaryCrossEntropy(
  logits: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions = {},
): Tensor {
  checkReduction("binaryCrossEntropy", reduction);
  const runtime = operands("binaryCrossEntropy", logits, target);
  return runtime.scope(() => {
    const ifOne = mul(target, softplus(neg(logits)));
    const ifZero = mul(sub(1, target), softplus(logits));
    return reduceLosses(add(ifOne, ifZero), reduction);
  });
}

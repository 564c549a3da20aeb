import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { checkReduction, type LossOptions, reduceLosses } from "./support/loss.ts";

export type { LossOptions } from "./support/loss.ts";

/** (prediction - target)², reduced. prediction, target: [...], broadcast. */
export function meanSquaredError(
  prediction: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions = {},
): Tensor {
  checkReduction("meanSquaredError", reduction);
  const runtime = operands("meanSquaredError", prediction, target);
  return runtime.scope(() => reduceLosses(square(sub(prediction, target)), reduction));
}

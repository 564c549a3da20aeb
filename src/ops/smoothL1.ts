import { ArgumentError } from "../errors.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { less } from "./less.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { checkReduction, type LossOptions, reduceLosses } from "./support/loss.ts";
import { where } from "./where.ts";

export interface SmoothL1Options extends LossOptions {
  /** Where the parabola ends and the straight line begins. Default 1; 0 is the absolute error. */
  readonly beta?: number;
}

/**
 * With d = prediction - target: d²/(2·beta) where |d| < beta, else |d| - beta/2; reduced.
 *
 *   prediction, target: [...], broadcast
 *
 * Girshick 2015, "Fast R-CNN", equation 3, with PyTorch's beta.
 */
export function smoothL1(
  prediction: Tensor,
  target: Tensor,
  { beta = 1, reduction = "mean" }: SmoothL1Options = {},
): Tensor {
  checkReduction("smoothL1", reduction);
  if (!(beta >= 0)) throw new ArgumentError("smoothL1", "a beta of 0 or more", beta);
  const runtime = operands("smoothL1", prediction, target);
  return runtime.scope(() => {
    const difference = sub(prediction, target);
    const distance = abs(difference);
    if (beta === 0) return reduceLosses(distance, reduction);
    const parabola = mul(square(difference), 0.5 / beta);
    return reduceLosses(where(less(distance, beta), parabola, add(distance, -beta / 2)), reduction);
  });
}

import { ArgumentError, ShapeError } from "../../errors.ts";
import { type Shape, sameShape, sizeOf } from "../../shape.ts";
import { empty } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { copyStrided } from "./copy.ts";
import { checkReduction, type LossOptions, type Reduction } from "./loss.ts";
import { needIndices } from "./operand.ts";

/** Options of the losses whose targets are classes. */
export interface ClassLossOptions extends LossOptions {
  /** Rows with this target give 0 and do not count in the mean. Default -100. */
  readonly ignoreIndex?: number;
  /** How much of a target's probability is spread evenly over all classes, from 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
}

export interface WeightedClassLossOptions extends ClassLossOptions {
  /** A factor for each class, [V]. The mean then divides by the sum of the targets' factors. */
  readonly weight?: Tensor | undefined;
}

/** One loss per row of [rows, classes], its options filled in. */
export interface ClassLoss {
  readonly rows: number;
  readonly classes: number;
  /** Rows that are not ignored: the divisor of the mean. */
  readonly counted: number;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  readonly reduction: Reduction;
}

/** Checks targets [...] against logits or log probabilities of shape [..., V]. */
export function checkClassLoss(
  op: string,
  shape: Shape,
  targets: Tensor,
  { ignoreIndex = -100, labelSmoothing = 0, reduction = "mean" }: ClassLossOptions,
): ClassLoss {
  checkReduction(op, reduction);
  needIndices(op, targets);
  const classes = shape.at(-1) ?? 0;
  if (classes === 0 || !sameShape(shape.slice(0, -1), targets.shape)) {
    throw new ShapeError(op, "[..., V] with V > 0 and targets of [...]", shape, targets.shape);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(op, "a labelSmoothing from 0 to 1", labelSmoothing);
  }
  const counted = countTargets(op, targets, classes, ignoreIndex);
  return { rows: sizeOf(targets.shape), classes, counted, ignoreIndex, labelSmoothing, reduction };
}

function countTargets(op: string, targets: Tensor, classes: number, ignoreIndex: number): number {
  if (targets.size === 0) return 0;
  let counted = 0;
  for (const target of targets.runtime.ints(targets.ptr, targets.size)) {
    if (target === ignoreIndex) continue;
    if (target < 0 || target >= classes) {
      throw new ArgumentError(op, `targets from 0 to ${classes - 1}, or ignoreIndex ${ignoreIndex}`, target);
    }
    counted++;
  }
  return counted;
}

/**
 * The result of a loss kernel: takes over the losses of the rows and returns them reduced, [...] or a scalar;
 * not recorded.
 */
export function reduceRows(losses: Tensor, shape: Shape, { rows, reduction, counted }: ClassLoss): Tensor {
  const { runtime } = losses;
  const { kernels } = runtime;
  const y = reduction === "none" ? losses.alias(shape) : empty(runtime, []);
  if (reduction !== "none") {
    if (rows === 0) kernels.fill(y.ptr, 1, 0);
    else kernels.sum(y.ptr, losses.ptr, 1, rows, 1);
  }
  if (reduction === "mean") kernels.mulScalar(y.ptr, y.ptr, 1, 1 / counted);
  losses.dispose();
  return y;
}

/** The adjoint of `reduceRows`: dLoss of each row, [rows]; not recorded. */
export function spreadOverRows(dy: Tensor, { rows, reduction, counted }: ClassLoss): Tensor {
  if (reduction === "none") return dy.alias([rows]);
  const dLoss = empty(dy.runtime, [rows]);
  copyStrided(dLoss, dy, { shape: [rows], xStrides: [0] });
  if (reduction === "mean") dy.runtime.kernels.mulScalar(dLoss.ptr, dLoss.ptr, rows, 1 / counted);
  return dLoss;
}

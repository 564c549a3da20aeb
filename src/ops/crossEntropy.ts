import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { logSoftmax, logSoftmaxDefinition } from "./logSoftmax.ts";
import { negativeLogLikelihood } from "./negativeLogLikelihood.ts";
import {
  type ClassLoss,
  checkClassLoss,
  reduceRows,
  spreadOverRows,
  type WeightedClassLossOptions,
} from "./support/classLoss.ts";
import { needFloats } from "./support/operand.ts";

export type { ClassLossOptions, WeightedClassLossOptions } from "./support/classLoss.ts";

/**
 * -log softmax(logits)[..., target], reduced.  logits: [..., V]  targets: [...], i32
 *
 * Classes are the last axis, also where there are more than two (PyTorch has them second). With class weights
 * it is composed of logSoftmax and negativeLogLikelihood, else a kernel that never stores probabilities.
 *
 * ```ts
 * crossEntropy(logits, targets, { ignoreIndex: padding });
 * ```
 *
 * @throws ArgumentError naming a target that is no class and not ignored.
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  options: WeightedClassLossOptions = {},
): Tensor {
  const { weight } = options;
  const runtime = operands("crossEntropy", logits, targets, ...(weight ? [weight] : []));
  needFloats("crossEntropy", logits);
  if (weight) return runtime.scope(() => negativeLogLikelihood(logSoftmax(logits), targets, options));
  const loss = checkClassLoss("crossEntropy", logits.shape, targets, options);
  const { rows, classes, ignoreIndex, labelSmoothing } = loss;
  const losses = empty(runtime, [rows]);
  const logSumExp = empty(runtime, [rows]);
  runtime.kernels.crossEntropy(
    losses.ptr,
    logSumExp.ptr,
    logits.ptr,
    targets.ptr,
    rows,
    classes,
    ignoreIndex,
    labelSmoothing,
  );
  const y = reduceRows(losses, targets.shape, loss);
  const saved = isRecorded(logits) ? [logits, targets, logSumExp] : [];
  record(y, crossEntropyRule, { inputs: [logits, targets], saved, constants: loss });
  logSumExp.dispose();
  return y;
}

/** dLogits = dLoss·(softmax(logits) - wanted), where wanted are the targets' smoothed probabilities. */
const crossEntropyRule: Rule<ClassLoss> = {
  op: "crossEntropy",
  backward([dy], { saved: [logits, targets, logSumExp], constants: loss }) {
    const { rows, classes, ignoreIndex, labelSmoothing } = loss;
    const dLogits = emptyLike(logits!);
    const dLoss = spreadOverRows(dy!, loss);
    logits!.runtime.kernels.crossEntropyBackward(
      dLogits.ptr,
      dLoss.ptr,
      logits!.ptr,
      targets!.ptr,
      logSumExp!.ptr,
      rows,
      classes,
      ignoreIndex,
      labelSmoothing,
    );
    dLoss.dispose();
    return [dLogits, null];
  },
  definition: ([logits, targets], loss) => [crossEntropyDefinition(logits!, targets!, loss)],
};

/** Cross-entropy of primitives, for its own rule and for the definitions of ops that contain it. */
export function crossEntropyDefinition(logits: Tensor, targets: Tensor, loss: ClassLoss): Tensor {
  return negativeLogLikelihood(logSoftmaxDefinition(logits, logits.rank - 1), targets, loss);
}

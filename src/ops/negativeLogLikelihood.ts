import { ShapeError } from "../errors.ts";
import { elementsOf } from "../tensor/create.ts";
import { empty, operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { gather } from "./gather.ts";
import { indexSelect } from "./indexSelect.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";
import { type ClassLoss, checkClassLoss, type WeightedClassLossOptions } from "./support/classLoss.ts";
import { reduceLosses } from "./support/loss.ts";
import { needFloats } from "./support/operand.ts";
import { where } from "./where.ts";

/**
 * -logProbabilities[..., target], reduced.  logProbabilities: [..., V]  targets: [...], i32
 *
 * With labelSmoothing ε the target has probability 1 - ε, and ε is spread evenly:
 * -(1-ε)·log p[target] - (ε/V)·Σ log p. Classes are the last axis, also where there are more than two
 * (PyTorch has them second).
 *
 * @throws ArgumentError naming a target that is no class and not ignored.
 */
export function negativeLogLikelihood(
  logProbabilities: Tensor,
  targets: Tensor,
  options: WeightedClassLossOptions = {},
): Tensor {
  const { weight } = options;
  const runtime = operands("negativeLogLikelihood", logProbabilities, targets, ...(weight ? [weight] : []));
  needFloats("negativeLogLikelihood", logProbabilities);
  const loss = checkClassLoss("negativeLogLikelihood", logProbabilities.shape, targets, options);
  if (weight && (weight.rank !== 1 || weight.size !== loss.classes)) {
    throw new ShapeError("negativeLogLikelihood", `class weights of [${loss.classes}]`, weight.shape);
  }
  return runtime.scope(() => composed(logProbabilities, targets, weight, loss));
}

function composed(
  logProbabilities: Tensor,
  targets: Tensor,
  weight: Tensor | undefined,
  { ignoreIndex, labelSmoothing, classes, counted, reduction }: ClassLoss,
): Tensor {
  const { shape } = targets;
  const { counts, classOf } = splitIgnored(targets, ignoreIndex);
  const chosen = reshape(gather(logProbabilities, reshape(classOf, [...shape, 1]), { axis: -1 }), shape);
  const factor = weight && reshape(indexSelect(weight, reshape(classOf, [classOf.size]), { axis: 0 }), shape);
  let losses = neg(factor ? mul(chosen, factor) : chosen);
  if (labelSmoothing > 0) {
    const all = sum(weight ? mul(logProbabilities, weight) : logProbabilities, { axis: -1 });
    losses = add(mul(losses, 1 - labelSmoothing), mul(all, -labelSmoothing / classes));
  }
  losses = where(counts, losses, 0);
  if (!factor || reduction !== "mean") return reduceLosses(losses, reduction, counted);
  return div(sum(losses), sum(mul(factor, counts)));
}

/** 1 for each target that counts and 0 for one that is ignored; and the targets, ignored ones as class 0. */
function splitIgnored(targets: Tensor, ignoreIndex: number): { counts: Tensor; classOf: Tensor } {
  const counts = empty(targets.runtime, targets.shape);
  const classOf = empty(targets.runtime, targets.shape, "i32");
  const [given, countsAt, classAt] = [elementsOf(targets), elementsOf(counts), elementsOf(classOf)];
  given.forEach((target, row) => {
    countsAt[row] = target === ignoreIndex ? 0 : 1;
    classAt[row] = target === ignoreIndex ? 0 : target;
  });
  return { counts, classOf };
}

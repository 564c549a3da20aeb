import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { attentionWeightsDefinition } from "./support/attentionDefinition.ts";
import { type AttentionOptions, attentionProblem, attentionSizes } from "./support/attentionProblem.ts";
import { needFloats } from "./support/operand.ts";

export type AttentionWeightsOptions = Omit<AttentionOptions, "dropout">;

/**
 * softmax(scale·q·kᵀ) over the keys that a query sees, which `attention` multiplies with v without storing
 * them: to look at, to plot.
 *
 *   q: [B, H, T, D]   k: [B, G, S, D], G dividing H   weights: [B, H, T, S]
 *
 * The weights of a query sum to 1; those of one that sees no key are 0.
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionWeightsOptions = {}): Tensor {
  const { mask } = options;
  const runtime = operands("attentionWeights", q, k, ...(mask ? [mask] : []));
  needFloats("attentionWeights", q, k, ...(mask ? [mask] : []));
  const problem = attentionProblem("attentionWeights", attentionSizes("attentionWeights", q, k), options);
  return runtime.scope(() => attentionWeightsDefinition(q, k, problem, mask));
}

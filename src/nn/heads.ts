import { type AttentionWeightsOptions, attentionWeights } from "../ops/attentionWeights.ts";
import { permute } from "../ops/permute.ts";
import { reshape } from "../ops/reshape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** [B, T, H·D] → [B, H, T, D] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, width] = x.shape as [number, number, number];
  const headWidth = width / heads;
  // One position per row lies the same either way.
  if (time === 1) return reshape(x, [batch, heads, 1, headWidth]);
  return permute(reshape(x, [batch, time, heads, headWidth]), [0, 2, 1, 3]);
}

/** [B, H, T, D] → [B, T, H·D] */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, time, headWidth] = x.shape as [number, number, number, number];
  return reshape(time === 1 ? x : permute(x, [0, 2, 1, 3]), [batch, time, heads * headWidth]);
}

/** Adds softmax(q·kᵀ/√D) to a list, not recorded, as a tensor of the runtime. */
export function collectWeights(
  weights: Tensor[],
  q: Tensor,
  k: Tensor,
  options: AttentionWeightsOptions,
): void {
  const { runtime } = q;
  weights.push(runtime.adopt(runtime.withRecording(false, () => attentionWeights(q, k, options))));
}

import { ArgumentError, ShapeError } from "../errors.ts";
import { zerosLike } from "../tensor/create.ts";
import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { permute } from "./permute.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { type AttentionLayout, runAttention, runAttentionBackward } from "./support/attention.ts";
import { attentionDefinition } from "./support/attentionDefinition.ts";
import {
  type AttentionOptions,
  type AttentionProblem,
  type AttentionSizes,
  attentionProblem,
} from "./support/attentionProblem.ts";
import { needFloats } from "./support/operand.ts";

export interface PackedAttentionOptions extends AttentionOptions {
  readonly heads: number;
  /** Heads of k and v, dividing `heads`. Default `heads`. */
  readonly keyHeads?: number | undefined;
}

/**
 * Self-attention read in place out of one projection: the same as splitting it into heads, `attention`, and
 * joining the heads.
 *
 *   qkv: [B, T, (H + 2G)·D]   q₀ … q_H₋₁ | k₀ … k_G₋₁ | v₀ … v_G₋₁, each D wide
 *   o:   [B, T, H·D]          o₀ … o_H₋₁
 */
export function packedAttention(qkv: Tensor, options: PackedAttentionOptions): Tensor {
  const { mask } = options;
  const runtime = operands("packedAttention", qkv, ...(mask ? [mask] : []));
  needFloats("packedAttention", qkv, ...(mask ? [mask] : []));
  const problem = attentionProblem("packedAttention", sizesOf(qkv, options), options);
  const { batches, heads, queries, headWidth } = problem;
  if (mask) return runtime.scope(() => packedDefinition(qkv, problem, mask));

  const o = empty(runtime, [batches, queries, heads * headWidth]);
  const rowMaximum = empty(runtime, [batches, heads, queries]);
  const rowSum = emptyLike(rowMaximum);
  runAttention({ q: qkv, k: qkv, v: qkv, o, rowMaximum, rowSum }, problem, layoutOf(problem));
  const saved = isRecorded(qkv) ? [qkv, o, rowMaximum, rowSum] : [];
  record(o, packedAttentionRule, { inputs: [qkv], saved, constants: problem });
  rowMaximum.dispose();
  rowSum.dispose();
  return o;
}

const packedAttentionRule: Rule<AttentionProblem> = {
  op: "packedAttention",
  backward([dy], { saved, constants: problem }) {
    const [qkv, o, rowMaximum, rowSum] = saved as [Tensor, Tensor, Tensor, Tensor];
    const dqkv = zerosLike(qkv);
    const gradients = { dq: dqkv, dk: dqkv, dv: dqkv, dy: dy! };
    const forward = { q: qkv, k: qkv, v: qkv, o, rowMaximum, rowSum };
    runAttentionBackward(gradients, forward, problem, layoutOf(problem));
    return [dqkv];
  },
  definition: ([qkv], problem) => [packedDefinition(qkv!, problem)],
};

function packedDefinition(qkv: Tensor, problem: AttentionProblem, mask?: Tensor): Tensor {
  const { batches, heads, keyHeads, queries, headWidth } = problem;
  const all = heads + 2 * keyHeads;
  const byHead = permute(reshape(qkv, [batches, queries, all, headWidth]), [0, 2, 1, 3]);
  const q = slice(byHead, [null, [0, heads]]);
  const k = slice(byHead, [null, [heads, heads + keyHeads]]);
  const v = slice(byHead, [null, [heads + keyHeads, all]]);
  const o = attentionDefinition([q, k, v], problem, mask);
  return reshape(permute(o, [0, 2, 1, 3]), [batches, queries, heads * headWidth]);
}

function sizesOf(qkv: Tensor, { heads, keyHeads = heads }: PackedAttentionOptions): AttentionSizes {
  const [batches, queries, width] = qkv.shape as [number, number, number];
  for (const count of [heads, keyHeads]) {
    if (!Number.isInteger(count) || count < 1)
      throw new ArgumentError("packedAttention", "1 head or more", count);
  }
  const all = heads + 2 * keyHeads;
  if (qkv.rank !== 3 || width % all !== 0) {
    throw new ShapeError("packedAttention", `qkv of [B, T, ${all}·D]`, qkv.shape);
  }
  return { batches, heads, keyHeads, queries, keys: queries, headWidth: width / all };
}

function layoutOf({ heads, keyHeads, queries, headWidth }: AttentionProblem): AttentionLayout {
  const row = (heads + 2 * keyHeads) * headWidth;
  const part = (start: number) => ({ start: start * headWidth, batch: queries * row, head: headWidth, row });
  const width = heads * headWidth;
  return {
    q: part(0),
    k: part(heads),
    v: part(heads + keyHeads),
    o: { start: 0, batch: queries * width, head: headWidth, row: width },
  };
}

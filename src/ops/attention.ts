import { ShapeError } from "../errors.ts";
import { sameShape } from "../shape.ts";
import { zerosLike } from "../tensor/create.ts";
import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AttentionLayout, runAttention, runAttentionBackward, type Steps } from "./support/attention.ts";
import { attentionDefinition } from "./support/attentionDefinition.ts";
import {
  type AttentionOptions,
  type AttentionProblem,
  attentionProblem,
  attentionSizes,
} from "./support/attentionProblem.ts";
import { needFloats } from "./support/operand.ts";

export type { AttentionOptions } from "./support/attentionProblem.ts";

/**
 * o = softmax(scale·q·kᵀ)·v, head by head, over the keys that a query sees.
 *
 *   q, o: [B, H, T, D]   k, v: [B, G, S, D], G dividing H
 *
 * Query head h reads key head ⌊h·G/H⌋. Nothing of size T × S is stored. A query that sees no key gives 0, and
 * its gradient is 0.
 *
 * Vaswani et al. 2017, "Attention is all you need", equation 1; grouped heads: Ainslie et al. 2023.
 *
 * ```ts
 * attention(q, k, v, { causal: true, dropout: { rate: 0.1, random } });
 * ```
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { mask } = options;
  const runtime = operands("attention", q, k, v, ...(mask ? [mask] : []));
  needFloats("attention", q, k, v, ...(mask ? [mask] : []));
  const sizes = attentionSizes("attention", q, k);
  if (!sameShape(k.shape, v.shape))
    throw new ShapeError("attention", "k and v of one shape", k.shape, v.shape);
  const problem = attentionProblem("attention", sizes, options);
  if (mask) return runtime.scope(() => attentionDefinition([q, k, v], problem, mask));

  const o = emptyLike(q);
  const rowMaximum = empty(runtime, q.shape.slice(0, 3));
  const rowSum = emptyLike(rowMaximum);
  runAttention({ q, k, v, o, rowMaximum, rowSum }, problem, layoutOf(problem));
  const saved = isRecorded(q, k, v) ? [q, k, v, o, rowMaximum, rowSum] : [];
  record(o, attentionRule, { inputs: [q, k, v], saved, constants: problem });
  rowMaximum.dispose();
  rowSum.dispose();
  return o;
}

const attentionRule: Rule<AttentionProblem> = {
  op: "attention",
  backward([dy], { saved, constants: problem, needs }) {
    const [q, k, v, o, rowMaximum, rowSum] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const [dq, dk, dv] = [zerosLike(q), zerosLike(k), zerosLike(v)];
    const gradients = { dq, dk, dv, dy: dy! };
    runAttentionBackward(gradients, { q, k, v, o, rowMaximum, rowSum }, problem, layoutOf(problem));
    return [dq, dk, dv].map((gradient, i) => (needs[i] ? gradient : null));
  },
  definition: ([q, k, v], problem) => [attentionDefinition([q!, k!, v!], problem)],
};

function layoutOf({ heads, keyHeads, queries, keys, headWidth }: AttentionProblem): AttentionLayout {
  const steps = (count: number, rows: number): Steps => ({
    start: 0,
    batch: count * rows * headWidth,
    head: rows * headWidth,
    row: headWidth,
  });
  const [query, key] = [steps(heads, queries), steps(keyHeads, keys)];
  return { q: query, k: key, v: key, o: query };
}

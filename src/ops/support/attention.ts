import { attentionScratch } from "../../runtime/kernels/attention.ts";
import type { Ptr } from "../../runtime/kernels/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AttentionProblem, causalOffsetOf } from "./attentionProblem.ts";

/**
 * Steps in elements: where an operand begins, and to the next batch entry, head and row. Elements of a row
 * are neighbours.
 */
export interface Steps {
  readonly start: number;
  readonly batch: number;
  readonly head: number;
  readonly row: number;
}

/** Where the operands of attention lie; each may be a part of a larger tensor. */
export interface AttentionLayout {
  readonly q: Steps;
  readonly k: Steps;
  readonly v: Steps;
  readonly o: Steps;
}

/** q, k, v and o, or the tensors they are part of. */
export interface AttentionOperands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly o: Tensor;
  /**
   * [B, H, T]: of each row of scores the maximum, and the sum of the exponentials of what is left below it.
   */
  readonly rowMaximum: Tensor;
  readonly rowSum: Tensor;
}

/**
 * What differs from head to head: where its operands begin, which keys it sees, and the key of its dropout.
 */
interface Head {
  readonly o: number;
  readonly row: number;
  readonly q: number;
  readonly k: number;
  readonly v: number;
  readonly keys: number;
  readonly causalOffset: number;
  readonly key0: number;
  readonly key1: number;
}

/** Writes o, rowMaximum and rowSum, head by head; not recorded. */
export function runAttention(
  { q, k, v, o, rowMaximum, rowSum }: AttentionOperands,
  problem: AttentionProblem,
  layout: AttentionLayout,
): void {
  const { kernels } = o.runtime;
  // A head without keys is left out below.
  if (problem.keys === 0 || problem.keyLengths?.includes(0)) kernels.fill(o.ptr, o.size, 0);
  forEachHead(o, problem, layout, problem.heads, (scratch, head) =>
    kernels.attention(
      o.ptr,
      rowMaximum.ptr,
      rowSum.ptr,
      q.ptr,
      k.ptr,
      v.ptr,
      scratch,
      head.o,
      head.row,
      head.q,
      head.k,
      head.v,
      problem.queries,
      head.keys,
      problem.headWidth,
      layout.o.row,
      layout.q.row,
      layout.k.row,
      layout.v.row,
      problem.scale,
      head.causalOffset,
      problem.window,
      problem.dropout?.rate ?? 0,
      head.key0,
      head.key1,
      0,
    ),
  );
}

/** Adds to dq, dk and dv, which lie as q, k and v do; not recorded. */
export function runAttentionBackward(
  gradients: { readonly dq: Tensor; readonly dk: Tensor; readonly dv: Tensor; readonly dy: Tensor },
  { q, k, v, o, rowMaximum, rowSum }: AttentionOperands,
  problem: AttentionProblem,
  layout: AttentionLayout,
): void {
  const { dq, dk, dv, dy } = gradients;
  // Heads that share a key head add to one dk and one dv, so they stay together and in order.
  forEachHead(o, problem, layout, problem.keyHeads, (scratch, head) =>
    o.runtime.kernels.attentionBackwardAddInto(
      dq.ptr,
      dk.ptr,
      dv.ptr,
      dy.ptr,
      o.ptr,
      rowMaximum.ptr,
      rowSum.ptr,
      q.ptr,
      k.ptr,
      v.ptr,
      scratch,
      head.o,
      head.row,
      head.q,
      head.k,
      head.v,
      problem.queries,
      head.keys,
      problem.headWidth,
      layout.o.row,
      layout.q.row,
      layout.k.row,
      layout.v.row,
      problem.scale,
      head.causalOffset,
      problem.window,
      problem.dropout?.rate ?? 0,
      head.key0,
      head.key1,
    ),
  );
}

/** Runs every head of every batch entry; `groups` of neighbours each may run at the same time. */
function forEachHead(
  { runtime, size }: Tensor,
  problem: AttentionProblem,
  layout: AttentionLayout,
  groups: number,
  run: (scratch: Ptr, head: Head) => void,
): void {
  const { batches, heads, queries, keys, headWidth, keyLengths } = problem;
  if (size === 0 || keys === 0) return;
  const perGroup = heads / groups;
  runtime.scratch(attentionScratch(queries, keys, headWidth), (scratch) => {
    runtime.independent(batches * groups, (i) => {
      const b = Math.floor(i / groups);
      if (keyLengths?.[b] === 0) return;
      const first = (i % groups) * perGroup;
      for (let h = first; h < first + perGroup; h++) run(scratch, headOf(problem, layout, b, h));
    });
  });
}

function headOf(problem: AttentionProblem, { q, k, v, o }: AttentionLayout, b: number, h: number): Head {
  const { heads, keyHeads, queries, keys, causal, keyLengths, dropout } = problem;
  const keyHead = Math.floor((h * keyHeads) / heads);
  const entry = b * heads + h;
  const random = dropout?.random.fork(entry);
  return {
    o: startOf(o, b, h),
    row: entry * queries,
    q: startOf(q, b, h),
    k: startOf(k, b, keyHead),
    v: startOf(v, b, keyHead),
    keys: keyLengths?.[b] ?? keys,
    causalOffset: causal ? causalOffsetOf(problem, b) : (keyLengths?.[b] ?? keys),
    key0: random?.key0 ?? 0,
    key1: random?.key1 ?? 0,
  };
}

function startOf({ start, batch, head }: Steps, b: number, index: number): number {
  return start + b * batch + index * head;
}

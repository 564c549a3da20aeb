import { ArgumentError, ShapeError } from "../../errors.ts";
import { attentionScratch } from "../../runtime/kernels/attention.ts";
import type { Ptr } from "../../runtime/kernels/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkRate, type DropoutOptions } from "../dropout.ts";

/** Which keys a query sees, and what is done to the weights. */
export interface AttentionOptions {
  /** Query i sees keys 0 … i + causalOffset and no others. Default false: it sees all. */
  readonly causal?: boolean;
  /** How many keys come before the first query's own, in all batch entries or in each; with cached keys S - T. Default 0. */
  readonly causalOffset?: number | readonly number[];
  /**
   * How many keys of each batch entry are real; those behind are padding that nobody sees. [B], i32 or
   * numbers.
   */
  readonly keyLengths?: Tensor | readonly number[] | undefined;
  /** Only with `causal`: a query sees no more than the last `window` keys, its own included. */
  readonly window?: number | undefined;
  /**
   * Added to the scores, broadcast to [B, H, T, S]; -Infinity hides a key. Takes the slower path of basic
   * ops.
   */
  readonly mask?: Tensor | undefined;
  /** Factor of the scores. Default 1/√D. */
  readonly scale?: number | undefined;
  /** Dropout of the weights; head h of batch entry b draws with the key random.fork(b·H + h). */
  readonly dropout?: DropoutOptions | undefined;
}

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

export interface AttentionSizes {
  readonly batches: number;
  readonly heads: number;
  /** Heads of k and v; query head h reads key head ⌊h·keyHeads/heads⌋. */
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headWidth: number;
}

/** Attention with its options filled in. */
export interface AttentionProblem extends AttentionSizes {
  readonly causal: boolean;
  /** One for all batch entries, or one per entry. */
  readonly causalOffset: number | readonly number[];
  readonly window: number;
  /** Per batch entry; null where all keys are real. */
  readonly keyLengths: readonly number[] | null;
  readonly scale: number;
  readonly dropout: DropoutOptions | null;
}

/** A window that is none. */
const UNLIMITED = 2 ** 30;

/** Checks the options against the sizes and fills them in. */
export function attentionProblem(
  op: string,
  sizes: AttentionSizes,
  options: AttentionOptions,
): AttentionProblem {
  const { causal = false, causalOffset = 0, window = UNLIMITED, dropout } = options;
  const { batches, heads, keyHeads, queries, keys, headWidth } = sizes;
  if (!(keyHeads > 0) || heads % keyHeads !== 0) {
    throw new ArgumentError(op, "a number of heads that the key heads divide", [heads, keyHeads]);
  }
  if (!causal && (options.window !== undefined || causalOffset !== 0)) {
    throw new ArgumentError(op, "window and causalOffset only with causal: true", causal);
  }
  if (!Number.isInteger(window) || window < 1) throw new ArgumentError(op, "a window of 1 or more", window);
  checkCausalOffset(op, causalOffset, batches);
  if (dropout) checkRate(op, dropout.rate);
  return {
    batches,
    heads,
    keyHeads,
    queries,
    keys,
    headWidth,
    causal,
    causalOffset,
    window: Math.min(window, UNLIMITED),
    keyLengths: checkKeyLengths(op, options.keyLengths, sizes),
    scale: options.scale ?? 1 / Math.sqrt(headWidth),
    dropout: dropout && dropout.rate > 0 ? dropout : null,
  };
}

function checkCausalOffset(op: string, causalOffset: number | readonly number[], batches: number): void {
  const offsets = typeof causalOffset === "number" ? [causalOffset] : causalOffset;
  if (typeof causalOffset !== "number" && offsets.length !== batches) {
    throw new ShapeError(op, `${batches} causalOffsets, one per batch entry`, [offsets.length]);
  }
  for (const offset of offsets) {
    if (!Number.isInteger(offset) || Math.abs(offset) >= UNLIMITED) {
      throw new ArgumentError(op, "a whole causalOffset", offset);
    }
  }
}

/** The offset of one batch entry. */
export function causalOffsetOf({ causalOffset }: AttentionProblem, entry: number): number {
  return typeof causalOffset === "number" ? causalOffset : causalOffset[entry]!;
}

function checkKeyLengths(
  op: string,
  keyLengths: AttentionOptions["keyLengths"],
  { batches, keys }: AttentionSizes,
): readonly number[] | null {
  if (keyLengths === undefined) return null;
  const lengths = "toTypedArray" in keyLengths ? Array.from(keyLengths.toTypedArray()) : keyLengths;
  if (lengths.length !== batches)
    throw new ShapeError(op, `${batches} keyLengths, one per batch entry`, [lengths.length]);
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 0 || length > keys) {
      throw new ArgumentError(op, `keyLengths from 0 to ${keys}`, length);
    }
  }
  return lengths;
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

/** What differs from head to head: where its operands begin, which keys it sees, and the key of its dropout. */
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

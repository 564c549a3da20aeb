import { ArgumentError, ShapeError } from "../../errors.ts";
import { attentionScratch } from "../../runtime/kernels/attention.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkRate, type DropoutOptions } from "../dropout.ts";

/** Which keys a query sees, and what is done to the weights. */
export interface AttentionOptions {
  /** Query i sees keys 0 … i + causalOffset and no others. Default false: it sees all. */
  readonly causal?: boolean;
  /** How many keys come before the first query's own; with cached keys S - T. Default 0. */
  readonly causalOffset?: number;
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
  readonly causalOffset: number;
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
  const { heads, keyHeads, headWidth } = sizes;
  if (!(keyHeads > 0) || heads % keyHeads !== 0) {
    throw new ArgumentError(op, "a number of heads that the key heads divide", [heads, keyHeads]);
  }
  if (!causal && (options.window !== undefined || causalOffset !== 0)) {
    throw new ArgumentError(op, "window and causalOffset only with causal: true", causal);
  }
  if (!Number.isInteger(window) || window < 1) throw new ArgumentError(op, "a window of 1 or more", window);
  if (!Number.isInteger(causalOffset) || Math.abs(causalOffset) >= UNLIMITED) {
    throw new ArgumentError(op, "a whole causalOffset", causalOffset);
  }
  if (dropout) checkRate(op, dropout.rate);
  return {
    ...sizes,
    causal,
    causalOffset,
    window: Math.min(window, UNLIMITED),
    keyLengths: checkKeyLengths(op, options.keyLengths, sizes),
    scale: options.scale ?? 1 / Math.sqrt(headWidth),
    dropout: dropout && dropout.rate > 0 ? dropout : null,
  };
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

/** Arguments of both kernels from the offsets on, for one head. */
type HeadArguments = readonly [
  oOffset: number,
  rowOffset: number,
  qOffset: number,
  kOffset: number,
  vOffset: number,
  queries: number,
  keys: number,
  headWidth: number,
  oRow: number,
  qRow: number,
  kRow: number,
  vRow: number,
  scale: number,
  causalOffset: number,
  window: number,
  dropoutRate: number,
  key0: number,
  key1: number,
];

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
    kernels.attention(o.ptr, rowMaximum.ptr, rowSum.ptr, q.ptr, k.ptr, v.ptr, scratch, ...head),
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
      ...head,
    ),
  );
}

/** Runs every head of every batch entry; `groups` of neighbours each may run at the same time. */
function forEachHead(
  { runtime, size }: Tensor,
  problem: AttentionProblem,
  layout: AttentionLayout,
  groups: number,
  run: (scratch: Parameters<Tensor["runtime"]["kernels"]["attention"]>[6], head: HeadArguments) => void,
): void {
  const { batches, heads, keyHeads, queries, keys, headWidth } = problem;
  if (size === 0 || keys === 0) return;
  runtime.scratch(attentionScratch(queries, keys, headWidth), (scratch) => {
    runtime.independent(batches * groups, (i) => {
      const b = Math.floor(i / groups);
      if (problem.keyLengths?.[b] === 0) return;
      const first = ((i % groups) * heads) / groups;
      for (let h = first; h < first + heads / groups; h++) {
        const keyHead = Math.floor((h * keyHeads) / heads);
        run(scratch, headArguments(problem, layout, b, h, keyHead));
      }
    });
  });
}

function headArguments(
  problem: AttentionProblem,
  { q, k, v, o }: AttentionLayout,
  b: number,
  h: number,
  group: number,
): HeadArguments {
  const { heads, queries, headWidth, causal, dropout, scale } = problem;
  const at = ({ start, batch, head }: Steps, index: number) => start + b * batch + index * head;
  const keys = problem.keyLengths?.[b] ?? problem.keys;
  const entry = b * heads + h;
  const random = dropout?.random.fork(entry);
  return [
    at(o, h),
    entry * queries,
    at(q, h),
    at(k, group),
    at(v, group),
    queries,
    keys,
    headWidth,
    o.row,
    q.row,
    k.row,
    v.row,
    scale,
    causal ? problem.causalOffset : keys,
    problem.window,
    dropout?.rate ?? 0,
    random?.key0 ?? 0,
    random?.key1 ?? 0,
  ];
}

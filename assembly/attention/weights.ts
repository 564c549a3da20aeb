/**
 * The streaming softmax over one block of keys (Milakov & Gimelshein 2018, algorithm 3), for 8 queries side
 * by side: a line of the block is one key, so maximum and sum run down the lines and nothing is added across
 * lanes.
 *
 *              query 0 … 7
 *   key 0      s s s s s s s s        m' = max(m, max s)      p = 2^(s - m')
 *   key 1      s s s s s s s s        l' = l·2^(m - m') + Σ p
 *   …                                 o' = o·(l·2^(m - m')/l') + (Σ p·v)/l'
 *
 * So o is normalised after every block, and a query alone gives the same bits as one beside others: where it
 * sees nothing in a block the factor is exactly 1.
 */
import { PANEL_BYTES } from "./panels";
import { powerOfTwo } from "./power";

/** For each query of a panel: m, l, and what the next product is blended with: 1/l' and l·2^(m - m')/l'. */
export const MAXIMUM: usize = 0;
export const SUM: usize = PANEL_BYTES;
export const WEIGHT: usize = 2 * PANEL_BYTES;
export const FACTOR: usize = 3 * PANEL_BYTES;
export const STATISTICS_BYTES: usize = 4 * PANEL_BYTES;

/** No query has seen a key yet. */
export function clearStatistics(statistics: usize): void {
  const nothing = f32x4.splat(-Infinity);
  for (let lane: usize = 0; lane < PANEL_BYTES; lane += 16) {
    v128.store(statistics + lane, nothing, MAXIMUM);
    v128.store(statistics + lane, f32x4.splat(0), SUM);
  }
}

/**
 * Makes weights of the scores of keys from … to, of which the query in lane n, at position + n, sees those in
 * (position + n - window, position + n]; clears the rest of the lines clearFrom … clearTo. `scores` is the
 * line of key `block`; there are at most 8 lanes.
 */
export function attentionWeights(
  scores: usize, statistics: usize, table: usize, lanes: i32,
  block: i32, from: i32, to: i32, clearFrom: i32, clearTo: i32, position: i32, window: i32,
): void {
  clearLines(scores, clearFrom - block, min(from, clearTo) - block);
  clearLines(scores, max(to, clearFrom) - block, clearTo - block);
  hideLines(scores, block, from, min(to, position + lanes - window), position, window);
  hideLines(scores, block, max(from, position + 1), to, position, window);

  const start = scores + <usize>(from - block) * PANEL_BYTES;
  raiseMaximum(start, statistics, to - from);
  exponentiate(start, statistics, table, to - from);
  if (lanes > 4) exponentiate(start + 16, statistics + 16, table, to - from);
}

function clearLines(scores: usize, from: i32, to: i32): void {
  for (let line = from; line < to; line++) {
    const at = scores + <usize>line * PANEL_BYTES;
    v128.store(at, f32x4.splat(0));
    v128.store(at, f32x4.splat(0), 16);
  }
}

/** -∞ where a query does not see the key. */
function hideLines(scores: usize, block: i32, from: i32, to: i32, position: i32, window: i32): void {
  const hidden = f32x4.splat(-Infinity);
  const low = i32x4.add(i32x4.splat(position), i32x4(0, 1, 2, 3));
  const high = i32x4.add(low, i32x4.splat(4));
  const windows = i32x4.splat(window);
  for (let key = from; key < to; key++) {
    const at = scores + <usize>(key - block) * PANEL_BYTES;
    const keys = i32x4.splat(key);
    const lowSeen = v128.and(i32x4.le_s(keys, low), i32x4.gt_s(keys, i32x4.sub(low, windows)));
    const highSeen = v128.and(i32x4.le_s(keys, high), i32x4.gt_s(keys, i32x4.sub(high, windows)));
    v128.store(at, v128.bitselect(v128.load(at), hidden, lowSeen));
    v128.store(at, v128.bitselect(v128.load(at, 16), hidden, highSeen), 16);
  }
}

/** m' in place of m; m - m' waits in the place of the factor. */
export function raiseMaximum(scores: usize, statistics: usize, lines: i32): void {
  const before0 = v128.load(statistics, MAXIMUM);
  const before1 = v128.load(statistics, MAXIMUM + 16);
  let max0 = before0;
  let max1 = before1;
  for (let line = 0; line < lines; line++) {
    max0 = f32x4.pmax(max0, v128.load(scores));
    max1 = f32x4.pmax(max1, v128.load(scores, 16));
    scores += PANEL_BYTES;
  }
  v128.store(statistics, max0, MAXIMUM);
  v128.store(statistics, max1, MAXIMUM + 16);
  v128.store(statistics, f32x4.sub(before0, finite(max0)), FACTOR);
  v128.store(statistics, f32x4.sub(before1, finite(max1)), FACTOR + 16);
}

/** 0 for the maximum of nothing. */
// @ts-ignore: decorator
@inline
export function finite(maximum: v128): v128 {
  return v128.andnot(maximum, f32x4.eq(maximum, f32x4.splat(-Infinity)));
}

/** p, l', and the numbers to blend with, for 4 queries. */
export function exponentiate(scores: usize, statistics: usize, table: usize, lines: i32): void {
  const rounder = v128.load_splat<f32>(table);
  const smallest = v128.load_splat<f32>(table, 4);
  const one = v128.load_splat<f32>(table, 8);
  const c1 = v128.load_splat<f32>(table, 12);
  const c2 = v128.load_splat<f32>(table, 16);
  const c3 = v128.load_splat<f32>(table, 20);
  const c4 = v128.load_splat<f32>(table, 24);
  const c5 = v128.load_splat<f32>(table, 28);
  const maximum = finite(v128.load(statistics, MAXIMUM));
  let sum = f32x4.splat(0);
  for (let line = 0; line < lines; line++) {
    const x = f32x4.sub(v128.load(scores), maximum);
    const p = powerOfTwo(x, rounder, smallest, one, c1, c2, c3, c4, c5);
    v128.store(scores, p);
    sum = f32x4.add(sum, p);
    scores += PANEL_BYTES;
  }
  const shrunk = powerOfTwo(v128.load(statistics, FACTOR), rounder, smallest, one, c1, c2, c3, c4, c5);
  const before = f32x4.mul(v128.load(statistics, SUM), shrunk);
  sum = f32x4.add(before, sum);
  const nothing = f32x4.eq(sum, f32x4.splat(0));
  v128.store(statistics, sum, SUM);
  v128.store(statistics, v128.andnot(f32x4.div(f32x4.splat(1), sum), nothing), WEIGHT);
  v128.store(statistics, v128.andnot(f32x4.div(before, sum), nothing), FACTOR);
}

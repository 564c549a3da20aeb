/**
 * The products of the forward pass for so few queries that packing keys and values would not pay: while a
 * text is generated, one query reads the whole cache once. Everything else, the order of every sum among it,
 * is as in products.ts, so the bits are the same.
 *
 *   scores   keys as lanes: rows of four keys are transposed in registers, four columns at a time
 *   values   columns as lanes, sixteen at once: the sum down the keys stays in registers
 */
import { mulAdd } from "../simd";
import { PANEL_BYTES } from "./panels";
import { blended } from "./tiles";
import { FACTOR, WEIGHT } from "./weights";

/** As many queries, at most, get here. */
export const FEW: i32 = 3;

/** Scores of the keys block … blockEnd for `rows` queries, the first at `position`. */
export function fewScores(
  scores: usize, queryPanel: usize, k: usize, kRow: usize, rows: i32, depth: i32,
  block: i32, blockEnd: i32, position: i32, window: i32,
): void {
  for (let lane = 0; lane < rows; lane++) {
    const laneBytes = <usize>lane << 2;
    const to = min(blockEnd, position + lane + 1);
    for (let key = max(block, position + lane - window + 1); key < to; key += 8) {
      const line = scores + <usize>(key - block) * PANEL_BYTES + laneBytes;
      scoreEight(line, queryPanel + laneBytes, k, kRow, key, to, depth);
    }
  }
}

/**
 * Scores of keys key … key + 8, as far as they are below `end`, for the query in the first lane of the panel.
 */
function scoreEight(
  scores: usize, query: usize, k: usize, kRow: usize, key: i32, end: i32, depth: i32,
): void {
  const last = end - 1;
  let x0 = k + <usize>key * kRow;
  let x1 = k + <usize>min(key + 1, last) * kRow;
  let x2 = k + <usize>min(key + 2, last) * kRow;
  let x3 = k + <usize>min(key + 3, last) * kRow;
  let x4 = k + <usize>min(key + 4, last) * kRow;
  let x5 = k + <usize>min(key + 5, last) * kRow;
  let x6 = k + <usize>min(key + 6, last) * kRow;
  let x7 = k + <usize>min(key + 7, last) * kRow;
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  const body = depth & ~3;
  for (let d = 0; d < body; d += 4) {
    low = addFour(low, query, x0, x1, x2, x3);
    high = addFour(high, query, x4, x5, x6, x7);
    query += 4 * PANEL_BYTES;
    x0 += 16, x1 += 16, x2 += 16, x3 += 16, x4 += 16, x5 += 16, x6 += 16, x7 += 16;
  }
  for (let d = body; d < depth; d++) {
    const factor = v128.load_splat<f32>(query);
    low = mulAdd(gather(x0, x1, x2, x3), factor, low);
    high = mulAdd(gather(x4, x5, x6, x7), factor, high);
    query += PANEL_BYTES;
    x0 += 4, x1 += 4, x2 += 4, x3 += 4, x4 += 4, x5 += 4, x6 += 4, x7 += 4;
  }
  putLines(scores, low, min(4, end - key));
  putLines(scores + 4 * PANEL_BYTES, high, end - key - 4);
}

/** Four columns of four keys times the query's. */
// @ts-ignore: decorator
@inline
function addFour(sums: v128, query: usize, x0: usize, x1: usize, x2: usize, x3: usize): v128 {
  const r0 = v128.load(x0);
  const r1 = v128.load(x1);
  const r2 = v128.load(x2);
  const r3 = v128.load(x3);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const q0 = v128.load_splat<f32>(query);
  const q1 = v128.load_splat<f32>(query, PANEL_BYTES);
  const q2 = v128.load_splat<f32>(query, 2 * PANEL_BYTES);
  const q3 = v128.load_splat<f32>(query, 3 * PANEL_BYTES);
  sums = mulAdd(v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), q0, sums);
  sums = mulAdd(v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), q1, sums);
  sums = mulAdd(v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), q2, sums);
  return mulAdd(v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), q3, sums);
}

// @ts-ignore: decorator
@inline
function gather(x0: usize, x1: usize, x2: usize, x3: usize): v128 {
  let x = v128.load_zero<f32>(x0);
  x = v128.load_lane<f32>(x1, x, 1);
  x = v128.load_lane<f32>(x2, x, 2);
  return v128.load_lane<f32>(x3, x, 3);
}

/** One score a line. The lanes behind it get it too: they are overwritten, or hold at least a number. */
// @ts-ignore: decorator
@inline
function putLines(scores: usize, sums: v128, count: i32): void {
  if (count > 0) v128.store(scores, v128.shuffle<f32>(sums, sums, 0, 0, 0, 0));
  if (count > 1) v128.store(scores, v128.shuffle<f32>(sums, sums, 1, 1, 1, 1), PANEL_BYTES);
  if (count > 2) v128.store(scores, v128.shuffle<f32>(sums, sums, 2, 2, 2, 2), 2 * PANEL_BYTES);
  if (count > 3) v128.store(scores, v128.shuffle<f32>(sums, sums, 3, 3, 3, 3), 3 * PANEL_BYTES);
}

/** Blends Σ_j p[i, j]·v[j] into the output of `rows` queries; `weights` is the line of key `block`. */
export function fewValues(
  o: usize, oRow: usize, weights: usize, statistics: usize, v: usize, vRow: usize, rows: i32, width: i32,
  block: i32, blockEnd: i32, position: i32, window: i32, first: bool,
): void {
  for (let lane = 0; lane < rows; lane++) {
    const from = max(block, position + lane - window + 1);
    const count = min(blockEnd, position + lane + 1) - from;
    const p = weights + <usize>(from - block) * PANEL_BYTES;
    const value = v + <usize>from * vRow;
    const weight = v128.load_splat<f32>(statistics, WEIGHT);
    const factor = v128.load_splat<f32>(statistics, FACTOR);
    let column = 0;
    for (; column + 16 <= width; column += 16) {
      const at = <usize>column << 2;
      sumSixteen(o + at, p, value + at, vRow, count, weight, factor, first);
    }
    for (; column < width; column++) {
      const at = <usize>column << 2;
      sumOne(o + at, p, value + at, vRow, count, weight, factor, first);
    }
    weights += 4;
    statistics += 4;
    o += oRow;
  }
}

/** Σ p·v of sixteen columns. */
// @ts-ignore: decorator
@inline
function sumSixteen(
  o: usize, p: usize, v: usize, vRow: usize, count: i32, weight: v128, factor: v128, first: bool,
): void {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  for (let j = 0; j < count; j++) {
    const weights = v128.load_splat<f32>(p);
    sum0 = mulAdd(weights, v128.load(v), sum0);
    sum1 = mulAdd(weights, v128.load(v, 16), sum1);
    sum2 = mulAdd(weights, v128.load(v, 32), sum2);
    sum3 = mulAdd(weights, v128.load(v, 48), sum3);
    p += PANEL_BYTES;
    v += vRow;
  }
  v128.store(o, blended(v128.load(o), sum0, weight, factor, first));
  v128.store(o, blended(v128.load(o, 16), sum1, weight, factor, first), 16);
  v128.store(o, blended(v128.load(o, 32), sum2, weight, factor, first), 32);
  v128.store(o, blended(v128.load(o, 48), sum3, weight, factor, first), 48);
}

/** Σ p·v of one column; in vectors, since only they multiply and add in one rounding. */
// @ts-ignore: decorator
@inline
function sumOne(
  o: usize, p: usize, v: usize, vRow: usize, count: i32, weight: v128, factor: v128, first: bool,
): void {
  let sum = f32x4.splat(0);
  for (let j = 0; j < count; j++) {
    sum = mulAdd(v128.load_splat<f32>(p), v128.load_zero<f32>(v), sum);
    p += PANEL_BYTES;
    v += vRow;
  }
  v128.store_lane<f32>(o, blended(v128.load_zero<f32>(o), sum, weight, factor, first), 0);
}

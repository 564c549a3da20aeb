/**
 * The forward pass for so few queries that packing keys and values would not pay: while a text is generated,
 * one query reads the whole cache once. One query after the other, keys and values where they lie; the order
 * of every sum is as in products.ts and weights.ts, so the bits are the same.
 *
 *   scores    keys as lanes: rows of four keys are transposed in registers, four columns at a time
 *   weights   keys as lanes, their sum key by key
 *   values    columns as lanes, sixteen at once: the sum down the keys stays in registers
 */
import { maxLane } from "../lanes";
import { mulAdd } from "../simd";
import { LN_2, LOG2_E, powerFromTable, powerOfTwo } from "./power";
import { blended } from "./tiles";

/** As many queries, at most, get here. */
export const FEW: i32 = 3;

/**
 * Output, row maximum and row sum of one query, which sees keys from … to. Its scores are kept in `line`, of
 * `blockKeys` slots and room for a vector behind; `query`: room for q times its factor; `table`: see power.ts.
 */
export function attendOne(
  o: usize, rowMaximum: usize, rowSum: usize, q: usize, k: usize, v: usize, query: usize, line: usize, table: usize,
  from: i32, to: i32, width: i32, kRow: usize, vRow: usize, scale: f32, blockKeys: i32,
): void {
  let maximum: f32 = -Infinity;
  let sum: f32 = 0;
  scaleQuery(query, q, width, scale * LOG2_E);
  if (from >= to) memory.fill(o, 0, <usize>width << 2);
  for (let key = from; key < to; ) {
    const first = key === from;
    const end = min(to, key - (key % blockKeys) + blockKeys);
    const count = end - key;
    scoreKeys(line, query, k + <usize>key * kRow, kRow, count, width);
    const raised = lineMaximum(line, count, maximum);
    const finite: f32 = raised === -Infinity ? 0 : raised;
    const before = sum * f32x4.extract_lane(powerFromTable(f32x4.splat(maximum - finite), table), 0);
    sum = before + exponentiateLine(line, count, finite, table);
    const weight: f32 = sum === 0 ? 0 : 1 / sum;
    const factor: f32 = sum === 0 ? 0 : before / sum;
    blendValues(o, line, v + <usize>key * vRow, vRow, count, width, weight, factor, first);
    maximum = raised;
    key = end;
  }
  const blind = sum === 0;
  store<f32>(rowMaximum, blind ? 0 : maximum * LN_2);
  store<f32>(rowSum, blind ? 1 : sum);
}

function scaleQuery(query: usize, q: usize, width: i32, factor: f32): void {
  for (let d = 0; d < width; d++) {
    store<f32>(query, load<f32>(q) * factor);
    query += 4;
    q += 4;
  }
}

/** Scores of `count` keys, eight at a time; up to seven slots behind them are written too. */
function scoreKeys(line: usize, query: usize, k: usize, kRow: usize, count: i32, depth: i32): void {
  for (let key = 0; key < count; key += 8) {
    scoreEight(line + (<usize>key << 2), query, k, kRow, min(8, count - key) - 1, depth);
    k += kRow << 3;
  }
}

/** Scores of eight keys, the last of them being number `last`: those behind it are its copies. */
// @ts-ignore: decorator
@inline
function scoreEight(scores: usize, query: usize, k: usize, kRow: usize, last: i32, depth: i32): void {
  let x0 = k;
  let x1 = k + <usize>min(1, last) * kRow;
  let x2 = k + <usize>min(2, last) * kRow;
  let x3 = k + <usize>min(3, last) * kRow;
  let x4 = k + <usize>min(4, last) * kRow;
  let x5 = k + <usize>min(5, last) * kRow;
  let x6 = k + <usize>min(6, last) * kRow;
  let x7 = k + <usize>min(7, last) * kRow;
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  const body = depth & ~3;
  for (let d = 0; d < body; d += 4) {
    low = addFour(low, query, x0, x1, x2, x3);
    high = addFour(high, query, x4, x5, x6, x7);
    query += 16;
    x0 += 16, x1 += 16, x2 += 16, x3 += 16, x4 += 16, x5 += 16, x6 += 16, x7 += 16;
  }
  for (let d = body; d < depth; d++) {
    const factor = v128.load_splat<f32>(query);
    low = mulAdd(gather(x0, x1, x2, x3), factor, low);
    high = mulAdd(gather(x4, x5, x6, x7), factor, high);
    query += 4;
    x0 += 4, x1 += 4, x2 += 4, x3 += 4, x4 += 4, x5 += 4, x6 += 4, x7 += 4;
  }
  v128.store(scores, low);
  v128.store(scores, high, 16);
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
  const q1 = v128.load_splat<f32>(query, 4);
  const q2 = v128.load_splat<f32>(query, 8);
  const q3 = v128.load_splat<f32>(query, 12);
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

/** The largest of `count` scores and `before`. The slots up to a whole vector become -∞. */
function lineMaximum(line: usize, count: i32, before: f32): f32 {
  for (let slot = count; slot & 3; slot++) store<f32>(line + (<usize>slot << 2), -Infinity);
  let maximum = f32x4.splat(before);
  for (let key = 0; key < count; key += 4) {
    maximum = f32x4.pmax(maximum, v128.load(line));
    line += 16;
  }
  return maxLane(maximum);
}

/** p = 2^(s - maximum) in the place of the scores; returns their sum, taken key by key. */
function exponentiateLine(line: usize, count: i32, maximum: f32, table: usize): f32 {
  const rounder = v128.load_splat<f32>(table);
  const smallest = v128.load_splat<f32>(table, 4);
  const one = v128.load_splat<f32>(table, 8);
  const c1 = v128.load_splat<f32>(table, 12);
  const c2 = v128.load_splat<f32>(table, 16);
  const c3 = v128.load_splat<f32>(table, 20);
  const c4 = v128.load_splat<f32>(table, 24);
  const c5 = v128.load_splat<f32>(table, 28);
  const shift = f32x4.splat(maximum);
  let sum: f32 = 0;
  for (let key = 0; key < count; key += 4) {
    const x = f32x4.sub(v128.load(line), shift);
    const p = powerOfTwo(x, rounder, smallest, one, c1, c2, c3, c4, c5);
    v128.store(line, p);
    sum = sum + f32x4.extract_lane(p, 0) + f32x4.extract_lane(p, 1);
    sum = sum + f32x4.extract_lane(p, 2) + f32x4.extract_lane(p, 3);
    line += 16;
  }
  return sum;
}

/** Blends Σ_j p[j]·v[j] into the output. */
function blendValues(
  o: usize, p: usize, v: usize, vRow: usize, count: i32, width: i32, weight: f32, factor: f32, first: bool,
): void {
  const weights = f32x4.splat(weight);
  const factors = f32x4.splat(factor);
  let column = 0;
  for (; column + 16 <= width; column += 16) {
    sumSixteen(o, p, v, vRow, count, weights, factors, first);
    o += 64;
    v += 64;
  }
  for (; column < width; column++) {
    sumOne(o, p, v, vRow, count, weights, factors, first);
    o += 4;
    v += 4;
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
    p += 4;
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
    p += 4;
    v += vRow;
  }
  v128.store_lane<f32>(o, blended(v128.load_zero<f32>(o), sum, weight, factor, first), 0);
}

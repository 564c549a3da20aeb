/**
 * What happens to a block between its products, row by row of queries, four keys at a time:
 *
 *   P = 2^(S - m)/l            dS = P∘(dP - D)            in the places of S and dP
 *
 * m in base 2, 1/l and scale·D lie in three lists over the queries; dP comes scaled, so dS is. Weights of
 * keys that a query does not see are 0, also for the few keys beyond that share a tile with seen ones.
 */
import { drawFactors, FACTOR_BYTES, multiplyLine } from "./dropout";
import { LOG2_E, powerOfTwo } from "./power";
import { BLOCK_BYTES } from "./tiles";

/** A tile of 6 reaches 5 keys past what one of its rows sees. */
const REACH: i32 = 8;

/**
 * The lists of `rows` queries, `listBytes` apart: m·log₂e, 1/l and scale·Σ dO·o.
 */
export function rowConstants(
  lists: usize, listBytes: usize, rowMaximum: usize, rowSum: usize, dO: usize, o: usize,
  rows: i32, width: i32, oRow: usize, scale: f32,
): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    store<f32>(lists + at, load<f32>(rowMaximum + at) * LOG2_E);
    store<f32>(lists + listBytes + at, 1 / load<f32>(rowSum + at));
    store<f32>(lists + 2 * listBytes + at, scale * dot(dO, o, width));
    dO += oRow;
    o += oRow;
  }
}

function dot(a: usize, b: usize, size: i32): f32 {
  let sums = f32x4.splat(0);
  const body = size & ~3;
  for (let i = 0; i < body; i += 4) {
    const at = <usize>i << 2;
    sums = f32x4.add(sums, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
  const low = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1);
  const high = f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3);
  let sum = low + high;
  for (let i = body; i < size; i++) {
    const at = <usize>i << 2;
    sum += load<f32>(a + at) * load<f32>(b + at);
  }
  return sum;
}

/** The first key of a row of weights that is made, at a vector's edge; `first` is the first that is seen. */
// @ts-ignore: decorator
@inline
function rowStart(first: i32): i32 {
  return max(0, first - REACH) & ~3;
}

/** Where a row of weights ends. */
// @ts-ignore: decorator
@inline
function rowEnd(last: i32, columns: i32): i32 {
  return (min(columns, last + 1 + REACH) + 3) & ~3;
}

/** P and dS of a block in place of S and dP; `lists` at the block's first query. */
export function blockWeights(
  weights: usize, dScores: usize, lists: usize, listBytes: usize, table: usize,
  rows: i32, columns: i32, position: i32, window: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const last = position + row;
    const first = last - window + 1;
    const from = rowStart(first);
    const to = rowEnd(last, columns);
    const seenFrom = min(to, max(from, (max(0, first) + 3) & ~3));
    const seenTo = max(seenFrom, min(columns, last + 1) & ~3);
    const end = min(columns - 1, last);
    weightRow(weights, dScores, lists, listBytes, table, from, seenFrom, first, end, true);
    weightRow(weights, dScores, lists, listBytes, table, seenFrom, seenTo, first, end, false);
    weightRow(weights, dScores, lists, listBytes, table, seenTo, to, first, end, true);
    weights += BLOCK_BYTES;
    dScores += BLOCK_BYTES;
    lists += 4;
  }
}

/** Factors of dropout for a block whose first query is i and first key j. */
export function drawBlock(
  factors: usize, i: i32, j: i32, keys: i32, rows: i32, columns: i32, position: i32, window: i32,
  rate: f64, key0: i32, key1: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const last = position + row;
    const from = rowStart(last - window + 1);
    const count = rowEnd(last, columns) - from;
    const first = <u64>(i + row) * <u64>keys + <u64>(j + from);
    if (count > 0) drawFactors(factors + (<usize>from << 2), first, count, rate, key0, key1);
    factors += FACTOR_BYTES;
  }
}

/** Block ∘= factors, where weights are made. */
export function dropBlock(
  block: usize, factors: usize, rows: i32, columns: i32, position: i32, window: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const last = position + row;
    const from = rowStart(last - window + 1);
    const at = <usize>from << 2;
    multiplyLine(block + at, factors + at, rowEnd(last, columns) - from);
    block += BLOCK_BYTES;
    factors += FACTOR_BYTES;
  }
}

/** Keys from … to of one row, of which first … last are seen. */
// @ts-ignore: decorator
@inline
function weightRow(
  weights: usize, dScores: usize, lists: usize, listBytes: usize, table: usize,
  from: i32, to: i32, first: i32, last: i32, masked: bool,
): void {
  const rounder = v128.load_splat<f32>(table);
  const smallest = v128.load_splat<f32>(table, 4);
  const one = v128.load_splat<f32>(table, 8);
  const c1 = v128.load_splat<f32>(table, 12);
  const c2 = v128.load_splat<f32>(table, 16);
  const c3 = v128.load_splat<f32>(table, 20);
  const c4 = v128.load_splat<f32>(table, 24);
  const c5 = v128.load_splat<f32>(table, 28);
  const maximum = v128.load_splat<f32>(lists);
  const inverse = v128.load_splat<f32>(lists + listBytes);
  const product = v128.load_splat<f32>(lists + 2 * listBytes);
  for (let key = from; key < to; key += 4) {
    const at = <usize>key << 2;
    const x = f32x4.sub(v128.load(weights + at), maximum);
    let p = f32x4.mul(powerOfTwo(x, rounder, smallest, one, c1, c2, c3, c4, c5), inverse);
    let dS = f32x4.mul(p, f32x4.sub(v128.load(dScores + at), product));
    if (masked) {
      const keys = i32x4.add(i32x4.splat(key), i32x4(0, 1, 2, 3));
      const seen = v128.and(i32x4.ge_s(keys, i32x4.splat(first)), i32x4.le_s(keys, i32x4.splat(last)));
      p = v128.and(p, seen);
      dS = v128.and(dS, seen);
    }
    v128.store(weights + at, p);
    v128.store(dScores + at, dS);
  }
}

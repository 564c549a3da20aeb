import { Random } from "../../random.ts";
import type { AttentionKernels } from "../kernels/attention.ts";
import type { FloatArray, Slots } from "./slots.ts";

/** One query at a time, its row of weights whole; sums are doubles, rounded when a result is stored. */
export function attentionReference({ floats }: Slots): AttentionKernels {
  return {
    // biome-ignore format: one line reads as the contract does
    attention(
      o, rowMaximum, rowSum, q, k, v, _scratch, oOffset, rowOffset, qOffset, kOffset, vOffset, queries, keys,
      headWidth, oRow, qRow, kRow, vRow, scale, causalOffset, window, dropoutRate, key0, key1, firstQuery,
    ) {
      const output = floats(o);
      const [maximumOf, sumOf] = [floats(rowMaximum), floats(rowSum)];
      const [query, key, value] = [floats(q), floats(k), floats(v)];
      const kept = dropoutFactor(dropoutRate, key0, key1);
      for (let i = 0; i < queries; i++) {
        const [first, end] = seenKeys(i, keys, causalOffset, window);
        const weights = new Float64Array(keys);
        for (let j = first; j < end; j++) {
          weights[j] = scale * dot(query, qOffset + i * qRow, key, kOffset + j * kRow, headWidth);
        }
        const maximum = first < end ? maximumOver(first, end, (j) => weights[j]!) : 0;
        for (let j = first; j < end; j++) weights[j] = Math.exp(weights[j]! - maximum);
        const sum = first < end ? sumOver(first, end, (j) => weights[j]!) : 1;
        for (let j = first; j < end; j++) weights[j] = (weights[j]! / sum) * kept((firstQuery + i) * keys + j);

        for (let d = 0; d < headWidth; d++) {
          output[oOffset + i * oRow + d] = sumOver(first, end, (j) => weights[j]! * value[vOffset + j * vRow + d]!);
        }
        maximumOf[rowOffset + i] = maximum;
        sumOf[rowOffset + i] = sum;
      }
    },
    // biome-ignore format: one line reads as the contract does
    attentionBackwardAddInto(
      dQ, dK, dV, dO, o, rowMaximum, rowSum, q, k, v, _scratch, oOffset, rowOffset, qOffset, kOffset, vOffset, queries, keys,
      headWidth, oRow, qRow, kRow, vRow, scale, causalOffset, window, dropoutRate, key0, key1,
    ) {
      const [dQuery, dKey, dValue] = [floats(dQ), floats(dK), floats(dV)];
      const [cotangent, output] = [floats(dO), floats(o)];
      const [maximumOf, sumOf] = [floats(rowMaximum), floats(rowSum)];
      const [query, key, value] = [floats(q), floats(k), floats(v)];
      const kept = dropoutFactor(dropoutRate, key0, key1);
      for (let i = 0; i < queries; i++) {
        const [first, end] = seenKeys(i, keys, causalOffset, window);
        const [qAt, oAt] = [qOffset + i * qRow, oOffset + i * oRow];
        const outputProduct = dot(cotangent, oAt, output, oAt, headWidth);
        for (let j = first; j < end; j++) {
          const [kAt, vAt] = [kOffset + j * kRow, vOffset + j * vRow];
          const score = scale * dot(query, qAt, key, kAt, headWidth);
          const weight = Math.exp(score - maximumOf[rowOffset + i]!) / sumOf[rowOffset + i]!;
          const factor = kept(i * keys + j);
          const dWeight = factor * dot(cotangent, oAt, value, vAt, headWidth);
          const dScore = scale * weight * (dWeight - outputProduct);
          for (let d = 0; d < headWidth; d++) {
            dValue[vAt + d] = dValue[vAt + d]! + weight * factor * cotangent[oAt + d]!;
            dQuery[qAt + d] = dQuery[qAt + d]! + dScore * key[kAt + d]!;
            dKey[kAt + d] = dKey[kAt + d]! + dScore * query[qAt + d]!;
          }
        }
      }
    },
  };
}

/** The keys j that query i sees, i + causalOffset - window < j ≤ i + causalOffset, as [first, end). */
function seenKeys(
  i: number,
  keys: number,
  causalOffset: number,
  window: number,
): [first: number, end: number] {
  const last = i + causalOffset;
  return [Math.max(0, last - window + 1), Math.min(keys, last + 1)];
}

/** What a weight is multiplied with: 0 where it is dropped, else 1/(1 - rate). */
function dropoutFactor(rate: number, key0: number, key1: number): (element: number) => number {
  if (rate === 0) return () => 1;
  const random = new Random({ key0, key1 });
  return (element) => (random.uniform(element) < rate ? 0 : 1 / (1 - rate));
}

function dot(a: FloatArray, aStart: number, b: FloatArray, bStart: number, size: number): number {
  return sumOver(0, size, (d) => a[aStart + d]! * b[bStart + d]!);
}

function sumOver(first: number, end: number, term: (j: number) => number): number {
  let sum = 0;
  for (let j = first; j < end; j++) sum += term(j);
  return sum;
}

function maximumOver(first: number, end: number, term: (j: number) => number): number {
  let maximum = -Infinity;
  for (let j = first; j < end; j++) maximum = Math.max(maximum, term(j));
  return maximum;
}

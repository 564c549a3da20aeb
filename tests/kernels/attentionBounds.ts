import type { Problem, Values } from "./attentionProblem.ts";

/**
 * Half a unit in the last place of 1: the relative error of one operation. Errors of a sum of n terms grow like √n, not n (Higham &
 * Mary 2019), and 4 stands for how far the worst element may be from the usual.
 */
export const UNIT = 2 ** -24;
const drift = (terms: number) => 4 * UNIT * (Math.sqrt(terms) + 2);

/**
 * How far f32 may be from exact, by rows. A score s = scale·Σ q·k is off by ε_s ~ drift(D)·|scale|·Σ|q·k|, so a weight by the factor 1 + 2ε
 * with ε = ε_s + the error of the exponential and of the row sum. The rest is linear in the weights.
 */
export function errorBounds(problem: Problem, values: Values) {
  const { queries, keys, headWidth, dropoutRate } = problem;
  const { weights, scoreSizes } = exactWeights(problem, values);
  const kept = 1 / (1 - dropoutRate);
  const [query, key, value] = [largest(values.q), largest(values.k), largest(values.v)];
  const cotangent = largest(values.dO);
  const dScore = 2 * Math.abs(problem.scale) * headWidth * cotangent * value * kept;

  const byQuery = <T>(each: (i: number) => T) => Array.from({ length: queries }, (_, i) => each(i));
  const byKey = <T>(each: (j: number) => T) => Array.from({ length: keys }, (_, j) => each(j));
  const blind = byQuery((i) => weights.subarray(i * keys, (i + 1) * keys).every((weight) => weight === 0));
  const weightError = byQuery((i) => 2 * drift(headWidth) * scoreSizes[i]! + 8 * UNIT + 2 * drift(keys));
  const dScoreError = weightError.map((error) => dScore * (error + 2 * drift(headWidth)));
  const columnMass = (factor: (i: number) => number) => {
    const factors = byQuery(factor);
    return byKey((j) => factors.reduce((sum, each, i) => sum + weights[i * keys + j]! * each, 0));
  };
  return {
    rowMaximum: byQuery((i) => drift(headWidth) * scoreSizes[i]!),
    rowSum: weightError,
    output: byQuery((i) => (blind[i] ? 0 : kept * value * (weightError[i]! + drift(keys)))),
    dQ: byQuery((i) => (blind[i] ? 0 : key * (dScoreError[i]! + dScore * drift(keys)) + drift(keys))),
    dK: columnMass((i) => query * (dScoreError[i]! + dScore * drift(queries))).map((e) => e + drift(queries)),
    dV: columnMass((i) => kept * cotangent * (weightError[i]! + drift(queries))).map(
      (e) => e + drift(queries),
    ),
  };
}

function largest(values: Float64Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

/** P before dropout, 0 where nothing is seen, and for each query the largest |scale|·Σ|q·k|. */
function exactWeights(
  problem: Problem,
  { q, k }: Values,
): { weights: Float64Array; scoreSizes: Float64Array } {
  const { queries, keys, headWidth, scale, causalOffset, window } = problem;
  const weights = new Float64Array(queries * keys);
  const scoreSizes = new Float64Array(queries);
  for (let i = 0; i < queries; i++) {
    const row = weights.subarray(i * keys, (i + 1) * keys).fill(-Infinity);
    for (let j = 0; j < keys; j++) {
      if (j > i + causalOffset || j <= i + causalOffset - window) continue;
      let [score, size] = [0, 0];
      for (let d = 0; d < headWidth; d++) {
        const product = scale * q[i * headWidth + d]! * k[j * headWidth + d]!;
        score += product;
        size += Math.abs(product);
      }
      row[j] = score;
      scoreSizes[i] = Math.max(scoreSizes[i]!, size);
    }
    const maximum = row.reduce((max, score) => Math.max(max, score), -Infinity);
    const sum = row.reduce((total, score) => total + (score > -Infinity ? Math.exp(score - maximum) : 0), 0);
    for (let j = 0; j < keys; j++) row[j] = row[j]! > -Infinity ? Math.exp(row[j]! - maximum) / sum : 0;
  }
  return { weights, scoreSizes };
}

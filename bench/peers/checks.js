/** What results are held against: f64, or for whole models those of the first library. */
import { valuesOf } from "./inputs.js";

/** Numbers of a result that are compared. */
const SAMPLES = 64;
/** More than f32 sums, or a few training steps of them, can be off by. */
const LARGEST_ERROR = 1e-4;

/** Evenly spaced places among the first `checked` numbers of a result. */
export function placesOf({ checked }) {
  const count = Math.min(SAMPLES, checked);
  return Array.from({ length: count }, (_, i) => Math.floor((i * (checked - 1)) / Math.max(1, count - 1)));
}

/** The numbers of some results that are compared. */
export function samplesOf(one, results) {
  return results.map((result) => placesOf(one).map((at) => result[at]));
}

/** The exact samples; null where there is no f64 computation of the case here. */
export function exactSamples(one) {
  if (one.kind === "product") return samplesOf(one, [productAt(one)]);
  if (one.kind === "attention") return samplesOf(one, [attentionOfFirstHead(one).y]);
  if (one.kind !== "attentionBackward") return null;
  const { y, dq, dk, dv } = attentionOfFirstHead(one);
  return samplesOf(one, [y, dq, dk, dv]);
}

/** @throws Error when samples are further from the expected ones than rounding can take them */
export function check(library, one, samples, expected) {
  const error = Math.max(...expected.map((wanted, i) => deviation(samples[i], wanted)));
  if (!(error <= LARGEST_ERROR)) throw new Error(`${library}: ${one.id} is wrong by ${error}`);
}

/** Largest difference as a share of the largest expected value. */
function deviation(found, wanted) {
  const scale = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(found[i] - value))) / scale;
}

/** The places of a product that are compared; the others stay 0. */
function productAt(one) {
  const { m, k, n, transposeA, transposeB } = one;
  const [a, b] = one.inputs.map(valuesOf);
  const y = new Float64Array(m * n);
  for (const at of placesOf(one)) {
    const [i, j] = [Math.floor(at / n), at % n];
    for (let p = 0; p < k; p++) {
      y[at] += a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j];
    }
  }
  return y;
}

/** y = P·v with P = softmax(q·kᵀ/√D), and the gradients from dy where there is one; [T, D] each. */
function attentionOfFirstHead({ time, width, inputs }) {
  const [q, k, v, dy] = inputs.map((recipe) => valuesOf({ ...recipe, shape: [time, width] }));
  const [y, dq, dk, dv] = [1, 2, 3, 4].map(() => new Float64Array(time * width));
  const dot = (x, i, z, j) => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += x[i * width + d] * z[j * width + d];
    return sum;
  };
  const addRow = (into, i, factor, from, j) => {
    for (let d = 0; d < width; d++) into[i * width + d] += factor * from[j * width + d];
  };
  const scale = 1 / Math.sqrt(width);
  for (let i = 0; i < time; i++) {
    const scores = Array.from({ length: i + 1 }, (_, j) => Math.exp(dot(q, i, k, j) * scale));
    const total = scores.reduce((a, b) => a + b);
    const shares = scores.map((score) => score / total);
    for (let j = 0; j <= i; j++) addRow(y, i, shares[j], v, j);
    if (!dy) continue;
    // dS = P·(dP - dy·y), with dP = dy·vᵀ.
    const common = dot(dy, i, y, i);
    for (let j = 0; j <= i; j++) {
      const dScore = shares[j] * (dot(dy, i, v, j) - common) * scale;
      addRow(dv, j, shares[j], dy, i);
      addRow(dq, i, dScore, k, j);
      addRow(dk, j, dScore, q, i);
    }
  }
  return { y, dq, dk, dv };
}

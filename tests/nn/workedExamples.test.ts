import { expect, test } from "vitest";
import { add, attention, crossEntropy, layerNorm, matmul, mul, softmax } from "../../src/ops/index.ts";
import { tensor } from "../../src/tensor/create.ts";
import { exactly } from "../support/runtimes.ts";

/** Four tokens of width 2: what the papers' formulas give, worked out with pencil and paper. */
const queries = [
  [1, 0],
  [0, 1],
  [1, 1],
  [2, 0],
];
const keys = [
  [1, 0],
  [0, 1],
  [1, 1],
  [0, 0],
];
const values = [
  [1, 0],
  [0, 2],
  [3, 1],
  [0, 0],
];

/** The third token's scores are q·k/√2 = 1/√2, 1/√2, 2/√2, 0. */
const scores = [1, 1, 2, 0].map((product) => product / Math.SQRT2);
const exponentials = scores.map(Math.exp);
const total = exponentials.reduce((sum, e) => sum + e, 0);
const weights = exponentials.map((e) => e / total);

test(
  "the third of four tokens attends by softmax(QKᵀ/√d_k) (Vaswani et al. 2017, equation 1)",
  exactly(() => {
    const scaled = mul(matmul(tensor(queries), tensor(keys), { transposeB: true }), 1 / Math.SQRT2);
    const third = (softmax(scaled).toArray() as number[][])[2]!;
    third.forEach((weight, key) => {
      expect(weight).toBeCloseTo(weights[key]!, 12);
    });
    expect(third.map((weight) => weight.toFixed(4))).toEqual(["0.2212", "0.2212", "0.4486", "0.1091"]);
  }),
);

test(
  "and its output is the weighted sum of the values",
  exactly(() => {
    const asHead = (rows: number[][]) => tensor([[rows]]);
    const y = attention(asHead(queries), asHead(keys), asHead(values)).toArray() as number[][][][];
    const [w1, w2, w3] = weights as [number, number, number];
    expect(y[0]![0]![2]![0]).toBeCloseTo(w1 + 3 * w3, 12);
    expect(y[0]![0]![2]![1]).toBeCloseTo(2 * w2 + w3, 12);
  }),
);

test(
  "a causal third token does not see the fourth",
  exactly(() => {
    const asHead = (rows: number[][]) => tensor([[rows]]);
    const y = attention(asHead(queries), asHead(keys), asHead(values), {
      causal: true,
    }).toArray() as number[][][][];
    const [e1, e2, e3] = exponentials as [number, number, number];
    expect(y[0]![0]![2]![0]).toBeCloseTo((e1 + 3 * e3) / (e1 + e2 + e3), 12);
    expect(y[0]![0]![0]).toEqual([1, 0]);
  }),
);

test(
  "LayerNorm(X + Z) after attention (Vaswani et al. 2017, section 3.1)",
  exactly(() => {
    // X + Z = (4, 0, 2, 6): mean 3, variance 5.
    const y = layerNorm(add(tensor([1, 2, 3, 4]), tensor([3, -2, -1, 2])), { eps: 0 }).toArray() as number[];
    [1, -3, -1, 3].forEach((deviation, i) => {
      expect(y[i]).toBeCloseTo(deviation / Math.sqrt(5), 12);
    });
  }),
);

/** P(a | start) = 1/2, P(b | start a) = 1/4, P(c | start a b) = 1/8, over a vocabulary of a, b, c. */
test(
  "cross-entropy −(1/n)·Σ log P(s_i | s_1 … s_{i−1}) of three words, the first from a start token",
  exactly(() => {
    const predictions = [
      [1 / 2, 1 / 4, 1 / 4],
      [1 / 2, 1 / 4, 1 / 4],
      [3 / 4, 1 / 8, 1 / 8],
    ];
    const logits = tensor(predictions.map((row) => row.map(Math.log)));
    const words = tensor(Int32Array.of(0, 1, 2));
    expect(crossEntropy(logits, words).item()).toBeCloseTo((Math.log(2) + Math.log(4) + Math.log(8)) / 3, 12);
  }),
);

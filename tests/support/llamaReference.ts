import type { Llama2cConfig } from "../../src/io/llama2c.ts";

/** The matrices of a model as llama2.c names them, row-major. */
export type LlamaWeights = Readonly<Record<string, ArrayLike<number>>>;

const EPS = 1e-5;

function multiply(w: ArrayLike<number>, x: readonly number[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) =>
    x.reduce((sum, value, i) => sum + w[row * x.length + i]! * value, 0),
  );
}

function norm(x: readonly number[], gain: ArrayLike<number>): number[] {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + EPS);
  return x.map((value, i) => value * scale * gain[i]!);
}

/** Turns numbers 2i and 2i + 1 of each head by position / 10000^(2i/D). */
function turn(x: readonly number[], position: number, headWidth: number): number[] {
  const y = [...x];
  for (let i = 0; i < x.length; i += 2) {
    const angle = position * 10000 ** (-(i % headWidth) / headWidth);
    y[i] = x[i]! * Math.cos(angle) - x[i + 1]! * Math.sin(angle);
    y[i + 1] = x[i]! * Math.sin(angle) + x[i + 1]! * Math.cos(angle);
  }
  return y;
}

function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

const plus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + b[i]!);

/** The logits of each position in double precision, computed as llama2.c's run.c does, one position after the other. */
export function llamaLogits(
  config: Llama2cConfig,
  weights: LlamaWeights,
  tokens: readonly number[],
): number[][] {
  const { width, hidden, layers, heads, keyHeads, vocabSize, tiedHead } = config;
  const headWidth = width / heads;
  const keyWidth = headWidth * keyHeads;
  const seen = Array.from({ length: layers }, () => ({ keys: [] as number[][], values: [] as number[][] }));
  const embedding = weights["tok_embeddings.weight"]!;
  return tokens.map((token, position) => {
    let x = Array.from({ length: width }, (_, i) => embedding[token * width + i]!);
    for (let layer = 0; layer < layers; layer++) {
      const weight = (name: string) => weights[`layers.${layer}.${name}.weight`]!;
      const input = norm(x, weight("attention_norm"));
      const query = turn(multiply(weight("attention.wq"), input, width), position, headWidth);
      const { keys, values } = seen[layer]!;
      keys.push(turn(multiply(weight("attention.wk"), input, keyWidth), position, headWidth));
      values.push(multiply(weight("attention.wv"), input, keyWidth));
      const attended = Array.from({ length: heads }, (_, head) => {
        const from = Math.floor(head / (heads / keyHeads)) * headWidth;
        const part = (row: readonly number[], start: number) => row.slice(start, start + headWidth);
        const q = part(query, head * headWidth);
        const scores = keys.map(
          (key) => part(key, from).reduce((sum, k, i) => sum + k * q[i]!, 0) / Math.sqrt(headWidth),
        );
        const shares = softmax(scores);
        return q.map((_, i) => values.reduce((sum, value, t) => sum + shares[t]! * value[from + i]!, 0));
      }).flat();
      x = plus(x, multiply(weight("attention.wo"), attended, width));
      const between = norm(x, weight("ffn_norm"));
      const gate = multiply(weight("feed_forward.w1"), between, hidden);
      const up = multiply(weight("feed_forward.w3"), between, hidden);
      const gated = gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!);
      x = plus(x, multiply(weight("feed_forward.w2"), gated, width));
    }
    const head = tiedHead ? embedding : weights["output.weight"]!;
    return multiply(head, norm(x, weights["norm.weight"]!), vocabSize);
  });
}

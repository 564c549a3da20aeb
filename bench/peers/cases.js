/**
 * The work that all libraries do. Every case is data, so that a program in another language can read it: what it computes, its sizes, and a
 * recipe for each of its operands (inputs.js).
 *
 * - product: y = A·B with A [m, k] and B [k, n]; T: the operand lies transposed in memory
 * - attention: causal, q, k, v [B, H, T, D] → y; attentionBackward: the same and from dy the gradients of q, k and v
 * - training: forward, backward and AdamW of a GPT (gpt.js), batch [B, T]
 * - decoding: the likeliest token again and again after a prompt, with a cache of keys and values
 */
import { gptWeights } from "./gpt.js";

export const cases = [
  ...[64, 256, 1024].map((size) => product("NN", size, size, size)),
  product("NN", 768, 128, 512),
  product("NT", 768, 128, 512),
  product("TN", 768, 128, 512),
  product("NT", 768, 128, 65),
  product("NT", 1, 768, 3072),
  ...["attention", "attentionBackward"].flatMap((kind) => [
    attention(kind, 12, 4, 64, 32),
    attention(kind, 4, 8, 256, 64),
    attention(kind, 1, 12, 1024, 64),
  ]),
  training(12, { contextLength: 64, vocabSize: 65, layers: 4, heads: 4, width: 128 }),
  decoding(8, 128, { contextLength: 256, vocabSize: 65, layers: 6, heads: 6, width: 384 }),
];

function product(layout, m, k, n) {
  const [transposeA, transposeB] = [...layout].map((letter) => letter === "T");
  return {
    kind: "product",
    id: `product ${layout} ${m}×${k}×${n}`,
    ...{ m, k, n, transposeA, transposeB },
    inputs: recipes([transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]]),
    /** How many numbers of each result are looked at. */
    checked: m * n,
  };
}

/** Of the result only the first head is checked. */
function attention(kind, batch, heads, time, width) {
  const operands = kind === "attention" ? 3 : 4;
  return {
    kind,
    id: `attention${kind === "attention" ? "" : " with backward"} ${batch},${heads},${time},${width}`,
    ...{ batch, heads, time, width },
    inputs: recipes(Array.from({ length: operands }, () => [batch, heads, time, width])),
    checked: time * width,
  };
}

function training(batch, config) {
  const shape = [batch, config.contextLength];
  return {
    kind: "training",
    id: `training step ${batch}×${config.contextLength}, ${config.layers} layers of ${config.width}`,
    ...{ batch, config },
    weights: gptWeights(config),
    inputs: [
      { shape, seed: 1, symbols: config.vocabSize },
      { shape, seed: 2, symbols: config.vocabSize },
    ],
    optimizer: { learningRate: 1e-3, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 },
    /** Steps whose losses are compared. */
    checked: 5,
  };
}

function decoding(prompt, tokens, config) {
  return {
    kind: "decoding",
    id: `greedy decoding ${prompt}+${tokens} tokens, ${config.layers} layers of ${config.width}`,
    ...{ tokens, config },
    weights: gptWeights(config),
    inputs: [{ shape: [prompt], seed: 1, symbols: config.vocabSize }],
    checked: tokens,
  };
}

/** Operands between -1 and 1. */
function recipes(shapes) {
  return shapes.map((shape, i) => ({ shape, seed: i + 1, scale: 1, offset: 0 }));
}

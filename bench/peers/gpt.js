/**
 * The GPT that all libraries train and run, with the names that its weights have in lanegrad: normalisation in front, no biases, gelu in its
 * tanh form, which every library has, queries, keys and values out of one product, and the token embedding as head.
 *
 *   tokens [B, T] → x [B, T, C] → L × (x + attention(norm(x)); x + mlp(norm(x))) → norm → logits [B, T, V]
 */
export const EPS = 1e-5;

/** Recipes of the weights (inputs.js), each matrix [outputs, inputs]. */
export function gptWeights({ contextLength, vocabSize, layers, width }) {
  const names = {
    "tokenEmbedding.weight": [vocabSize, width],
    "positionEmbedding.weight": [contextLength, width],
    ...Object.assign(
      {},
      ...Array.from({ length: layers }, (_, layer) => blockShapes(`blocks.${layer}`, width)),
    ),
    "norm.gain": [width],
  };
  return Object.fromEntries(
    Object.entries(names).map(([name, shape], i) => [
      name,
      shape.length === 1
        ? { shape, seed: i, scale: 0.1, offset: 1 }
        : { shape, seed: i, scale: name.startsWith("blocks.") ? 0.2 : 0.05, offset: 0 },
    ]),
  );
}

function blockShapes(block, width) {
  return {
    [`${block}.attentionNorm.gain`]: [width],
    [`${block}.attention.queryKeyValue.weight`]: [3 * width, width],
    [`${block}.attention.output.weight`]: [width, width],
    [`${block}.mlpNorm.gain`]: [width],
    [`${block}.mlp.expand.weight`]: [4 * width, width],
    [`${block}.mlp.project.weight`]: [width, 4 * width],
  };
}

/** The place of the largest of the numbers. */
export function likeliest(logits) {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

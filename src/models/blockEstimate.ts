import type { Complete, TransformerConfig } from "./transformerConfig.ts";

type Config = Complete<TransformerConfig>;

/** Columns of the keys, and as many of the values: G·D. */
export const keyWidth = ({ width, heads, keyHeads }: Config): number => (width / heads) * keyHeads;

/** Layers of an MLP: a gate makes three. */
const mlpLayers = ({ activation }: Config): number => (activation === "swiglu" ? 3 : 2);

/**
 * Weights of a block's matrices: query, key, value and output projections, and the MLP. Cross-attention adds
 * as many of the former.
 */
export function matrixSize(config: Config, crossAttention = false): number {
  const { width: C, hidden } = config;
  const attention = 2 * C * C + 2 * C * keyWidth(config);
  return attention * (crossAttention ? 2 : 1) + mlpLayers(config) * C * hidden;
}

/** Numbers that a norm learns. */
export const normParameterCount = ({ width, norm, bias }: Config): number =>
  norm === "layer" && bias ? 2 * width : width;

/** Numbers that a block learns. */
export function blockParameterCount(config: Config, crossAttention = false): number {
  const { width: C, hidden, bias } = config;
  const attentions = crossAttention ? 2 : 1;
  const attentionBiases = 2 * C + 2 * keyWidth(config);
  const mlpBiases = (mlpLayers(config) - 1) * hidden + C;
  const biases = bias ? attentions * attentionBiases + mlpBiases : 0;
  return matrixSize(config, crossAttention) + biases + (attentions + 1) * normParameterCount(config);
}

/**
 * Of the width inside an MLP, what is kept for backward: what goes into the activation and what comes out;
 * relu reads its result alone.
 */
const keptInside = ({ activation }: Config): number =>
  ({ relu: 1, gelu: 2, geluTanh: 2, swiglu: 3 })[activation];

/**
 * Numbers that a block keeps per position for backward: its input and the sum in between 2·C, what the norms
 * gave 2·C with a mean and a deviation each, the projection (C + 2·G·D), the heads' output C with maximum and
 * sum of each row, and what its MLP keeps.
 */
export function keptPerPosition(config: Config): number {
  const { width: C, heads: H, hidden } = config;
  return 6 * C + 2 * keyWidth(config) + 2 * H + 4 + keptInside(config) * hidden;
}

/**
 * What cross-attention adds to that: the sum before it and what its norm gave, the queries, and the heads'
 * output before and after they are joined, with maximum and sum of each row.
 */
export const keptForCrossAttention = ({ width, heads }: Config): number => 5 * width + 2 * heads + 2;

/**
 * Numbers per position that backward holds at once inside an MLP besides what was kept: the gradients of what
 * `keptInside` counts.
 */
export const gradientsPerPosition = (config: Config): number => (mlpLayers(config) - 1) * config.hidden;

/**
 * Numbers that a stack of blocks learns, with its learned positions and its last norm, without its tokens'
 * embedding.
 */
export function stackParameterCount(config: Config, crossAttention = false): number {
  const { layers, width, contextLength, positions, finalNorm } = config;
  const vectors = positions === "learned" ? contextLength * width : 0;
  const last = finalNorm ? normParameterCount(config) : 0;
  return vectors + layers * blockParameterCount(config, crossAttention) + last;
}

import { ShapeError } from "../../errors.ts";
import { broadcastShapes, sameShape } from "../../shape.ts";
import { elementsOf, ones, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add } from "../add.ts";
import { div } from "../div.ts";
import { dropout } from "../dropout.ts";
import { exp } from "../exp.ts";
import { matmul } from "../matmul.ts";
import { mul } from "../mul.ts";
import { notEqual } from "../notEqual.ts";
import { reshape } from "../reshape.ts";
import { softmaxDefinition } from "../softmax.ts";
import { sub } from "../sub.ts";
import { sum } from "../sum.ts";
import { where } from "../where.ts";
import { type AttentionProblem, causalOffsetOf } from "./attentionProblem.ts";
import { copyStrided } from "./copy.ts";
import { reduceAxes } from "./reduce.ts";

/** The least f32: no score is smaller. */
const LOWEST = -3.4028234663852886e38;

/**
 * o = dropout(softmax(scale·q·kᵀ + mask))·v of primitives, the softmax over the keys that a query sees.
 *
 *   q: [B, H, T, D]  k, v: [B, G, S, D]  mask: [..., T, S]  o: [B, H, T, D]
 */
export function attentionDefinition(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  problem: AttentionProblem,
  mask?: Tensor,
): Tensor {
  const { batches, heads, queries, keys, headWidth } = problem;
  let weights = attentionWeightsDefinition(q, k, problem, mask);
  const kept = keptWeights(q, problem);
  if (kept) weights = mul(weights, kept);
  const o = matmul(reshape(weights, [...groupedRows(problem), keys]), v);
  return reshape(o, [batches, heads, queries, headWidth]);
}

/** softmax(scale·q·kᵀ + mask) over the keys that a query sees: [B, H, T, S]. */
export function attentionWeightsDefinition(
  q: Tensor,
  k: Tensor,
  problem: AttentionProblem,
  mask?: Tensor,
): Tensor {
  const { batches, heads, queries, keys, headWidth, scale } = problem;
  const products = matmul(reshape(q, [...groupedRows(problem), headWidth]), k, { transposeB: true });
  const plain = mul(reshape(products, [batches, heads, queries, keys]), scale);
  let visible = visibleKeys(q, problem);
  let scores = plain;
  if (mask) {
    const shown = notEqual(mask, -Infinity);
    scores = addMask(plain, where(shown, mask, 0));
    visible = visible ? mul(visible, shown) : shown;
  }
  return visible ? visibleSoftmax(scores, visible) : softmaxDefinition(scores, 3);
}

/** The H/G query heads that share a key head are rows of one matrix: q is read as [B, G, H/G·T, D]. */
function groupedRows({ batches, heads, keyHeads, queries }: AttentionProblem): readonly number[] {
  return [batches, keyHeads, (heads / keyHeads) * queries];
}

function addMask(scores: Tensor, mask: Tensor): Tensor {
  if (!sameShape(broadcastShapes("attention", scores.shape, mask.shape), scores.shape)) {
    throw new ShapeError("attention", "a mask that broadcasts to [B, H, T, S]", scores.shape, mask.shape);
  }
  return add(scores, mask);
}

/**
 * Softmax over the scores where `visible` is 1; 0 elsewhere, and in rows that see nothing. No score becomes
 * -Infinity on the way, so that `detectAnomaly` finds nothing where nothing is wrong: a hidden one is left
 * out of the maximum and of the sum.
 */
function visibleSoftmax(scores: Tensor, visible: Tensor): Tensor {
  const overKeys = { axis: 3, keepDims: true };
  const maximum = reduceAxes("attention", "max", where(visible, scores, LOWEST), overKeys, LOWEST);
  const seen = notEqual(maximum, LOWEST);
  const below = where(visible, sub(scores, where(seen, maximum, 0)), 0);
  const weights = mul(exp(below), visible);
  return div(weights, where(seen, sum(weights, overKeys), 1));
}

/**
 * [B, 1, T, S] (or [1, 1, T, S]): 1 where query i sees key j, else 0; null where every query sees every key.
 */
function visibleKeys({ runtime }: Tensor, problem: AttentionProblem): Tensor | null {
  const { batches, queries, keys, causal, causalOffset, window, keyLengths } = problem;
  if (!causal && keyLengths === null) return null;
  const entries = keyLengths === null && typeof causalOffset === "number" ? 1 : batches;
  const visible = zeros([entries, 1, queries, keys], { runtime });
  const elements = elementsOf(visible);
  for (let b = 0; b < entries; b++) {
    const length = keyLengths?.[b] ?? keys;
    const offset = causalOffsetOf(problem, b);
    for (let i = 0; i < queries; i++) {
      const last = causal ? Math.min(i + offset, length - 1) : length - 1;
      const first = causal ? Math.max(0, i + offset - window + 1) : 0;
      const row = (b * queries + i) * keys;
      if (first <= last) elements.fill(1, row + first, row + last + 1);
    }
  }
  return visible;
}

/**
 * [B, H, T, S]: what dropout multiplies the weights with, drawn as the kernel draws; null without dropout.
 */
function keptWeights({ runtime }: Tensor, problem: AttentionProblem): Tensor | null {
  const { batches, heads, queries, keys, keyLengths } = problem;
  if (problem.dropout === null) return null;
  const { rate, random } = problem.dropout;
  const kept = zeros([batches, heads, queries, keys], { runtime });
  for (let entry = 0; entry < batches * heads; entry++) {
    const shape = [queries, keyLengths?.[Math.floor(entry / heads)] ?? keys];
    const one = ones(shape, { runtime });
    const drawn = dropout(one, { rate, random: random.fork(entry) });
    copyStrided(kept, drawn, { shape, yStrides: [keys, 1], yOffset: entry * queries * keys });
    one.dispose();
    drawn.dispose();
  }
  return kept;
}

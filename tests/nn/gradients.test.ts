import { test } from "vitest";
import {
  CrossAttention,
  Embedding,
  LayerNorm,
  Linear,
  Mlp,
  MultiHeadAttention,
  parameters,
  RmsNorm,
  RotaryPositions,
  TransformerBlock,
} from "../../src/nn/index.ts";
import { Random } from "../../src/random.ts";
import { defaultRuntime } from "../../src/runtime/default.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { gradcheck } from "../../src/testing/index.ts";

/** A layer and how it is run on vectors x [2, 3, 4], and perhaps on a memory [2, 2, 4]. */
interface Layer {
  readonly layer: object;
  readonly run: (x: Tensor, memory: Tensor) => Tensor;
}

const random = new Random(7);
const lengths = [3, 2];
const heads = { heads: 2, random } as const;

const linear = (options: object = {}): Layer => {
  const layer = new Linear(4, 3, { random, ...options });
  return { layer, run: (x) => layer.forward(x) };
};

const mlp = (activation: "gelu" | "geluTanh" | "swiglu"): Layer => {
  const layer = new Mlp(4, { random, activation, hidden: 3 });
  return { layer, run: (x) => layer.forward(x) };
};

const attend = (options: object, context: object = {}): Layer => {
  const layer = new MultiHeadAttention(4, { ...heads, ...options });
  return { layer, run: (x) => layer.forward(x, context) };
};

const cross = (options: object, context: object = {}): Layer => {
  const layer = new CrossAttention(4, { ...heads, ...options });
  return { layer, run: (x, memory) => layer.forward(x, memory, context) };
};

const block = (options: object, context: object = {}): Layer => {
  const layer = new TransformerBlock(4, { ...heads, hidden: 3, ...options });
  return { layer, run: (x, memory) => layer.forward(x, { ...context, memory }) };
};

/** relu has a kink that finite differences would see; its op has tests away from it. */
const layers: Readonly<Record<string, () => Layer>> = {
  Linear: () => linear(),
  "Linear without a bias": () => linear({ bias: false }),
  "Linear of 8 bits": () => linear({ weights: "int8" }),
  Embedding: () => {
    const layer = new Embedding(3, 4, { random });
    return { layer, run: () => layer.forward(tensor(Int32Array.of(2, 0, 2))) };
  },
  LayerNorm: () => {
    const layer = new LayerNorm(4);
    return { layer, run: (x) => layer.forward(x) };
  },
  RmsNorm: () => {
    const layer = new RmsNorm(4);
    return { layer, run: (x) => layer.forward(x) };
  },
  "Mlp with gelu": () => mlp("gelu"),
  "Mlp with geluTanh": () => mlp("geluTanh"),
  "Mlp with a gate": () => mlp("swiglu"),
  "causal attention": () => attend({}),
  "attention to all but padding": () => attend({ causal: false }, { lengths }),
  "attention to a band, with shared key heads": () => attend({ window: 2, keyHeads: 1 }),
  "attention that drops": () => attend({ dropout: 0.3 }, { random }),
  "attention with rotary positions": () => {
    const positions = new RotaryPositions({ heads: 2, keyHeads: 2, headWidth: 2, base: 100 });
    return attend({}, { rotation: positions.rotation([0, 1], 3, defaultRuntime()) });
  },
  "cross-attention": () => cross({}),
  "cross-attention to all but padding, with shared key heads": () =>
    cross({ keyHeads: 1 }, { memoryLengths: [2, 1] }),
  "cross-attention that drops": () => cross({ dropout: 0.3 }, { random }),
  "a block with norms before": () => block({}),
  "a block with norms after": () => block({ normOrder: "post", causal: false }, { lengths }),
  "a block with cross-attention, norms before": () => block({ crossAttention: CrossAttention, norm: "rms" }),
  "a block with cross-attention, norms after, that drops": () =>
    block(
      { crossAttention: CrossAttention, normOrder: "post", dropout: 0.2, activation: "swiglu" },
      { random },
    ),
};

test.each(Object.entries(layers))("%s has gradients that are right to second order", (_, make) =>
  gradcheck(
    () => {
      const { layer, run } = make();
      const [x, memory] = [randomNormal([2, 3, 4], { random }), randomNormal([2, 2, 4], { random })];
      return { f: () => run(x, memory), inputs: [x, memory, ...parameters(layer)] };
    },
    { order: 2, elements: 1, directions: 1 },
  ),
);

import { describe, test } from "vitest";
import { CrossAttention, MultiHeadAttention } from "../../src/nn/index.ts";
import { loadTensors, namedTensors } from "../../src/nn/parameters.ts";
import { attention } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { expectNear, lengthsOf, toTensor, translate } from "./torchLayers.ts";

type Named = Readonly<Record<string, GoldenTensor>>;

interface AttentionCase {
  readonly name: string;
  readonly kind: "core" | "mha";
  readonly causal: boolean;
  readonly causal_offset?: number;
  readonly heads?: number;
  readonly q?: GoldenTensor;
  readonly k?: GoldenTensor;
  readonly v?: GoldenTensor;
  readonly inputs?: Named;
  readonly weights?: Named;
  readonly allow: GoldenTensor;
  readonly key_keep?: GoldenTensor;
  readonly output: GoldenTensor;
  readonly cotangent: GoldenTensor;
  readonly grads: Named;
}

const golden = goldenJson<{ cases: AttentionCase[] }>("attention.json");

function checkCore(one: AttentionCase): void {
  const [q, k, v] = [one.q!, one.k!, one.v!].map((input) => toTensor(input)) as [Tensor, Tensor, Tensor];
  // Padding where it is a prefix is a length; else an additive mask says the same.
  const hidden = one.key_keep ? { mask: maskOf(one.allow) } : {};
  const causal = one.causal && !one.key_keep ? { causal: true, causalOffset: one.causal_offset ?? 0 } : {};
  const y = attention(q, k, v, { ...causal, ...hidden });
  expectNear("output", y, one.output);
  const found = gradientsOf([y], [toTensor(one.cotangent, false)], [q, k, v]);
  ["q", "k", "v"].forEach((name, i) => {
    expectNear(`gradient of ${name}`, found[i]!, one.grads[name]!);
  });
}

function maskOf({ data, shape }: GoldenTensor): Tensor {
  return tensor(
    Float32Array.from(data, (allow) => (allow ? 0 : Number.NEGATIVE_INFINITY)),
    { shape },
  );
}

/**
 * torch.nn.MultiheadAttention, whose queries, keys and values are packed as ours are, or are apart where
 * there is a memory.
 */
function layerOf({ heads, causal, key_keep, inputs }: AttentionCase) {
  const width = inputs!.x!.shape[2]!;
  const options = { heads: heads!, random: new Random(0) };
  const lengths = key_keep && lengthsOf(key_keep);
  if (!inputs!.memory) {
    const layer = new MultiHeadAttention(width, { ...options, causal });
    return { layer, prefix: "self_attn.", run: ([x]: readonly Tensor[]) => layer.forward(x!, { lengths }) };
  }
  const layer = new CrossAttention(width, options);
  const run = ([x, memory]: readonly Tensor[]) => layer.forward(x!, memory!, { memoryLengths: lengths });
  return { layer, prefix: "multihead_attn.", run };
}

function checkLayer(one: AttentionCase): void {
  const { inputs, weights, output, cotangent, grads } = one;
  const { layer, prefix, run } = layerOf(one);
  const ours = (values: Named) => {
    const own = Object.keys(weights!).map((name) => [`${prefix}${name}`, values[name]!]);
    const entries = Object.entries(translate(Object.fromEntries(own)));
    return Object.fromEntries(entries.map(([name, value]) => [name.slice(name.indexOf(".") + 1), value]));
  };
  const rounded = Object.entries(ours(weights!)).map(([name, { shape, data }]) => {
    return [name, { shape, data: Float32Array.from(data) }] as const;
  });
  loadTensors(layer, Object.fromEntries(rounded));
  const given = Object.values(inputs!).map((input) => toTensor(input));
  const y = run(given);
  expectNear("output", y, output);
  const named = namedTensors(layer);
  const all = [...given, ...named.map(({ tensor }) => tensor)];
  const found = gradientsOf([y], [toTensor(cotangent, false)], all);
  const ofInputs = Object.keys(inputs!).map((name) => grads[name]!);
  const ofWeights = named.map(({ name }) => ours(grads)[name]!);
  [...ofInputs, ...ofWeights].forEach((wanted, i) => {
    expectNear(`gradient ${i}`, found[i]!, wanted);
  });
}

describe.each([
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
] as const)("attention as PyTorch computes it, on %s", (_, makeRuntime) => {
  const runtime = makeRuntime();
  test.each(golden.cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    withRuntime(runtime, () => runtime.scope(() => (one.kind === "core" ? checkCore(one) : checkLayer(one))));
  });
});

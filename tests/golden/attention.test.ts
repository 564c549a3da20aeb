import { describe, expect, test } from "vitest";
import { MultiHeadAttention } from "../../src/nn/attention.ts";
import { loadTensors } from "../../src/nn/parameters.ts";
import { attention } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";

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

/** What later issues build. */
const leftOut: Readonly<Record<string, string>> = Object.fromEntries(
  golden.cases
    .filter(({ kind, causal, key_keep }) => kind === "mha" && (!causal || key_keep))
    .map(({ name }) => [
      name,
      "the layer for padding and for cross-attention comes with the encoder and decoder",
    ]),
);

const toTensor = ({ data, shape }: GoldenTensor, requiresGrad = true) =>
  tensor(Float32Array.from(data, Number), { shape, requiresGrad });

function expectNear(what: string, actual: Tensor, wanted: GoldenTensor): void {
  expect(actual.shape, what).toEqual(wanted.shape);
  const scale = Math.max(1, ...wanted.data.map(Math.abs));
  const tolerance = (actual.runtime.floatType === "f64" ? 1e-10 : 2e-5) * scale;
  actual.toTypedArray().forEach((value, i) => {
    expect(Math.abs(value - wanted.data[i]!), `${what}[${i}]`).toBeLessThan(tolerance);
  });
}

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

/** torch.nn.MultiheadAttention packs queries, keys and values as ours does. */
const layerNames = {
  in_proj_weight: "queryKeyValue.weight",
  in_proj_bias: "queryKeyValue.bias",
  "out_proj.weight": "output.weight",
  "out_proj.bias": "output.bias",
} as const;

function checkLayer({ heads, causal, inputs, weights, output, cotangent, grads }: AttentionCase): void {
  const x = toTensor(inputs!.x!);
  const layer = new MultiHeadAttention(x.shape[2]!, { heads: heads!, causal, random: new Random(0) });
  const values = Object.entries(layerNames).map(([theirs, ours]) => {
    const { shape, data } = weights![theirs]!;
    return [ours, { shape, data: Float32Array.from(data) }] as const;
  });
  loadTensors(layer, Object.fromEntries(values));
  const y = layer.forward(x);
  expectNear("output", y, output);
  const { queryKeyValue, output: projection } = layer;
  const named = [x, queryKeyValue.weight, queryKeyValue.bias!, projection.weight, projection.bias!];
  const found = gradientsOf([y], [toTensor(cotangent, false)], named);
  ["x", ...Object.keys(layerNames)].forEach((name, i) => {
    expectNear(`gradient of ${name}`, found[i]!, grads[name]!);
  });
}

describe.each([
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
] as const)("attention as PyTorch computes it, on %s", (_, makeRuntime) => {
  const runtime = makeRuntime();
  const built = golden.cases.filter(({ name }) => !(name in leftOut));
  test.each(built.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    withRuntime(runtime, () => runtime.scope(() => (one.kind === "core" ? checkCore(one) : checkLayer(one))));
  });
});

test("lists the cases of PyTorch that are left out", () => {
  for (const [name, reason] of Object.entries(leftOut)) console.log(`left out: ${name} (${reason})`);
  expect(Object.keys(leftOut).length).toBeLessThan(golden.cases.length / 2);
});

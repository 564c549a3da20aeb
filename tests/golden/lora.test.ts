import { describe, expect, test } from "vitest";
import { Gpt, type GptConfig } from "../../src/models/index.ts";
import { Linear } from "../../src/nn/linear.ts";
import { addLora, mergeLora, unmergeLora } from "../../src/nn/lora.ts";
import { LowRankAdapter } from "../../src/nn/lowRankAdapter.ts";
import { loadTensors, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { expectGradients, indices, loadWeights, type Nested } from "./tasks.ts";
import { expectNear, toTensor } from "./torchLayers.ts";

/** What a layer and its adapter make of x over one kind of weight. */
interface Adapted {
  readonly y: GoldenTensor;
  readonly gradients: Readonly<Record<"x" | "down" | "up", GoldenTensor>>;
  readonly merged: GoldenTensor;
}

type LayerCase = Readonly<
  Record<"x" | "weight" | "bias" | "down" | "up" | "cotangent", GoldenTensor> &
    Record<"floats" | "int8", Adapted> &
    Record<"rank" | "alpha", number>
>;

interface ModelCase {
  readonly rank: number;
  readonly alpha: number;
  readonly config: GptConfig;
  readonly match: string;
  readonly data: { readonly tokens: Nested; readonly targets: Nested };
  readonly logits: GoldenTensor;
  readonly loss: number;
}

const random = new Random(0);
const { loraLayer, loraGpt } = goldenJson<{ loraLayer: LayerCase; loraGpt: ModelCase }>("tasks.json");

/** The layer of the case, its base in floats or in 8 bits. */
function makeLayer(kind: "floats" | "int8"): Linear {
  const { weight, bias, down, up, rank, alpha } = loraLayer;
  const [outputs, inputs] = weight.shape as [number, number];
  const layer = new Linear(inputs, outputs, { random });
  loadTensors(layer, { weight, bias });
  if (kind === "int8") layer.quantize();
  layer.adapter = new LowRankAdapter(inputs, outputs, { rank, alpha, random });
  loadTensors(layer.adapter, { down, up });
  return layer;
}

function checkLayer(kind: "floats" | "int8"): Linear {
  const layer = makeLayer(kind);
  const { y, gradients } = loraLayer[kind];
  const x = toTensor(loraLayer.x);
  const found = layer.forward(x);
  // Scales of 8 bits are rounded to single precision.
  const exact = kind === "int8" ? 1e-6 : 1e-10;
  expectNear("y", found, y, exact);
  const { down, up } = layer.adapter!;
  const [dx, dDown, dUp] = gradientsOf([found], [toTensor(loraLayer.cotangent, false)], [x, down, up]);
  expectNear("gradient of x", dx!, gradients.x, exact);
  expectNear("gradient of A", dDown!, gradients.down, exact);
  expectNear("gradient of B", dUp!, gradients.up, exact);
  return layer;
}

function checkMerging(): void {
  const layer = makeLayer("floats");
  mergeLora({ layer });
  expectNear("merged weight", layer.weight, loraLayer.floats.merged);
  expectNear("y of the merged layer", layer.forward(toTensor(loraLayer.x)), loraLayer.floats.y);
  unmergeLora({ layer });
  expectNear("unmerged weight", layer.weight, loraLayer.weight);
}

function checkModel(): void {
  const { rank, alpha, config, match, data } = loraGpt;
  const model = new Gpt(config, { random });
  expect(addLora(model, { match: new RegExp(match), rank, alpha, random })).toBe(2);
  const named = loadWeights(model, "lora");
  const tokens = indices(data.tokens);
  expectNear("logits", model.forward(tokens), loraGpt.logits);
  const loss = model.loss(tokens, indices(data.targets));
  expectNear("loss", loss, { shape: [], data: [loraGpt.loss] });
  expectGradients(loss, named, "lora");
  expect(parameters(model)).toEqual(
    namedTensors(model).flatMap(({ name, tensor }) => (name.includes(".adapter.") ? [tensor] : [])),
  );
  mergeLora(model);
  expectNear("logits of the merged model", model.forward(tokens), loraGpt.logits);
}

describe.each([
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
] as const)("low-rank adapters as plain PyTorch computes them, on %s", (_, makeRuntime) => {
  test.each([
    ["a layer, its output and gradients", () => checkLayer("floats")],
    ["a layer over 8 bits", () => checkLayer("int8")],
    ["a layer, merged and unmerged", checkMerging],
    ["a whole model", checkModel],
  ] as const)("%s", (_name, check) => {
    const runtime = makeRuntime();
    withRuntime(runtime, () => runtime.scope(() => void check()));
    runtime.dispose();
  });
});

import { expect, test } from "vitest";
import { TransformerBlock } from "../../src/nn/index.ts";
import {
  countParameters,
  dispose,
  freeze,
  loadTensors,
  namedTensors,
  parameters,
} from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { walk } from "../../src/walk.ts";

const onFresh = <T>(body: () => T): T => withRuntime(createRuntime(), body);

test("walk visits fields and elements in order, under their paths, and survives a circle", () => {
  const model: Record<string, unknown> = { b: [1, { c: 2 }], a: 3, text: "x" };
  model.self = model;
  const seen: [string, number][] = [];
  walk(
    model,
    (value): value is number => typeof value === "number",
    (leaf, path) => seen.push([path, leaf]),
  );
  expect(seen).toEqual([
    ["b.0", 1],
    ["b.1.c", 2],
    ["a", 3],
  ]);
});

test("names are paths of fields", () =>
  onFresh(() => {
    const block = new TransformerBlock(8, { heads: 2, random: new Random(1) });
    expect(namedTensors({ blocks: [block] }).map(({ name }) => name)).toEqual([
      "blocks.0.attentionNorm.gain",
      "blocks.0.attentionNorm.bias",
      "blocks.0.attention.queryKeyValue.weight",
      "blocks.0.attention.queryKeyValue.bias",
      "blocks.0.attention.output.weight",
      "blocks.0.attention.output.bias",
      "blocks.0.mlpNorm.gain",
      "blocks.0.mlpNorm.bias",
      "blocks.0.mlp.expand.weight",
      "blocks.0.mlp.expand.bias",
      "blocks.0.mlp.project.weight",
      "blocks.0.mlp.project.bias",
    ]);
    expect(countParameters(block)).toBe(12 * 64 + 9 * 8 + 4 * 8);
  }));

test("a shared tensor comes once, with its aliases", () =>
  onFresh(() => {
    const shared = tensor([1, 2], { requiresGrad: true });
    const model = { embedding: shared, head: { weight: shared } };
    expect(namedTensors(model)).toEqual([{ name: "embedding", tensor: shared, aliases: ["head.weight"] }]);
    expect(countParameters(model)).toBe(2);
  }));

test("freeze takes a part out of training and back", () =>
  onFresh(() => {
    const model = {
      body: { w: tensor([1], { requiresGrad: true }) },
      head: { w: tensor([2], { requiresGrad: true }) },
    };
    freeze(model.body);
    expect(parameters(model)).toEqual([model.head.w]);
    freeze(model.body, false);
    expect(parameters(model)).toEqual([model.body.w, model.head.w]);
  }));

test("loadTensors reports all that does not fit, and then writes nothing", () =>
  onFresh(() => {
    const model = { a: tensor([1, 2]), b: tensor([3]), c: tensor([4]) };
    const values = {
      a: { shape: [3], data: [7, 8, 9] },
      c: { shape: [1], data: [5] },
      d: { shape: [1], data: [6] },
    };
    expect(() => loadTensors(model, values)).toThrow(/missing b; extra d; a: wanted \[2\], got \[3\]/);
    expect(model.c.toArray()).toEqual([4]);
    loadTensors(model, {
      a: { shape: [2], data: [5, 6] },
      b: { shape: [1], data: [7] },
      c: { shape: [1], data: [8] },
    });
    expect([model.a.toArray(), model.b.toArray(), model.c.toArray()]).toEqual([[5, 6], [7], [8]]);
  }));

test("dispose frees a model whole", () => {
  const runtime = createRuntime();
  const block = withRuntime(runtime, () => new TransformerBlock(8, { heads: 2, random: new Random(1) }));
  dispose(block);
  expect(runtime.memoryStats()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});

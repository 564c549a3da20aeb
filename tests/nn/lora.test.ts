import { describe, expect, test } from "vitest";
import { Gpt } from "../../src/models/gpt.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { Linear } from "../../src/nn/linear.ts";
import { addLora, loraTensors, mergeLora, removeLora, unmergeLora } from "../../src/nn/lora.ts";
import { LowRankAdapter } from "../../src/nn/lowRankAdapter.ts";
import { countParameters, dispose, freeze, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { quantize } from "../../src/nn/quantize.ts";
import { add, matmul, mul } from "../../src/ops/index.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { elementsOf, randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly, exactRuntime, fastRuntime } from "../support/runtimes.ts";

const random = new Random(3);
const config = { contextLength: 4, vocabSize: 7, layers: 2, heads: 2, width: 4 };
const rows = (...of: number[][]) => tensor(Int32Array.from(of.flat()), { shape: [of.length, of[0]!.length] });
const lora = { match: /attention\.queryKeyValue$/, rank: 2, alpha: 4, random };

/** B starts at 0, where an adapter does nothing: this is one that was trained. */
function fill(model: object): void {
  loraTensors(model).forEach(({ tensor: own }, i) => {
    const drawn = randomNormal(own.shape, { random: random.fork(i), deviation: 0.5, runtime: own.runtime });
    elementsOf(own).set(drawn.toTypedArray());
  });
}

describe("LowRankAdapter", () => {
  test(
    "adds α/r·B·A to the weight",
    exactly(() => {
      const layer = new Linear(3, 5, { random });
      const x = randomNormal([2, 3], { random });
      const plain = layer.forward(x);
      layer.adapter = new LowRankAdapter(3, 5, { rank: 2, alpha: 6, random });
      expectClose(layer.forward(x), plain);
      fill(layer);
      const { down, up } = layer.adapter;
      const product = mul(matmul(up, down), 3);
      expectClose(layer.forward(x), add(plain, matmul(x, product, { transposeB: true })), {
        absolute: 1e-12,
      });
      expectClose(layer.adapter.product(), product);
      expect([down.shape, up.shape, layer.adapter.rank]).toEqual([[2, 3], [5, 2], 2]); // biome-ignore format: shapes
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(
      () => {
        const layer = new Linear(3, 2, { random });
        layer.adapter = new LowRankAdapter(3, 2, { rank: 1, alpha: 2, random });
        fill(layer);
        return {
          f: (x) => layer.forward(x!),
          inputs: [randomNormal([2, 3], { random }), ...parameters(layer)],
        };
      },
      { order: 2, elements: 1 },
    ));

  test(
    "drops of its own input only, when a key is passed",
    exactly(() => {
      const layer = new Linear(8, 5, { random });
      const x = randomNormal([2, 8], { random });
      const plain = layer.forward(x).toArray();
      layer.adapter = new LowRankAdapter(8, 5, { rank: 2, dropout: 0.5, random });
      expect(layer.forward(x, new Random(1)).toArray()).toEqual(plain);
      fill(layer);
      const run = (key?: Random) => layer.forward(x, key).toArray();
      expect(run(new Random(1))).toEqual(run(new Random(1)));
      expect(run(new Random(1))).not.toEqual(run(new Random(2)));
      expect(run()).not.toEqual(run(new Random(1)));
    }),
  );

  test("refuses what is out of range", () => {
    const make = (options: object) => () => new LowRankAdapter(3, 5, { rank: 2, random, ...options });
    expect(make({ rank: 0 })).toThrow("LowRankAdapter.rank");
    expect(make({ alpha: Number.NaN })).toThrow("LowRankAdapter.alpha");
    expect(make({ dropout: 1 })).toThrow("LowRankAdapter.dropout");
  });
});

describe("addLora", () => {
  const tokens = () => rows([1, 2, 3], [4, 5, 6]);

  test(
    "changes nothing at first, and leaves only adapters to be trained",
    exactly(() => {
      const model = new Gpt(config, { random });
      const before = model.forward(tokens());
      expect(addLora(model, lora)).toBe(2);
      expectClose(model.forward(tokens()), before);
      const names = loraTensors(model).map(({ name }) => name);
      expect(names).toEqual([
        "blocks.0.attention.queryKeyValue.adapter.down",
        "blocks.0.attention.queryKeyValue.adapter.up",
        "blocks.1.attention.queryKeyValue.adapter.down",
        "blocks.1.attention.queryKeyValue.adapter.up",
      ]);
      expect(parameters(model)).toEqual(loraTensors(model).map((named) => named.tensor));
      expect(countParameters(model)).toBe(2 * (2 * 4 + 12 * 2));
      addLora(model, { ...lora, match: (path) => path.endsWith("mlp.expand") });
      expect(parameters(model)).toHaveLength(8);
    }),
  );

  test(
    "training moves the adapters alone",
    exactly(() => {
      const model = new Gpt({ ...config, dropout: 0.1 }, { random });
      addLora(model, { ...lora, dropout: 0.1 });
      const held = () => model.runtime.memoryStats().liveTensors;
      const values = () =>
        namedTensors(model).map(({ name, tensor: own }) => [name, own.toTypedArray()] as const);
      const before = values();
      const optimizer = new AdamW(parameters(model), { learningRate: 0.1 });
      const [inputs, targets] = [tokens(), rows([2, 3, 4], [5, 6, 0])];
      const step = (i: number) =>
        optimizer.minimize(() =>
          model.loss(inputs, targets, { random: new Random(i), checkpoint: i % 2 === 1 }),
        );
      const loss = () => model.runtime.scope(() => model.loss(inputs, targets).item());
      const first = loss();
      step(0);
      const live = held();
      for (let i = 1; i < 12; i++) step(i);
      expect(held()).toBe(live);
      expect(loss()).toBeLessThan(first);
      values().forEach(([name, after], i) => {
        const moved = `${after}` !== `${before[i]![1]}`;
        expect([name, moved]).toEqual([name, name.includes(".adapter.")]);
      });
    }),
  );

  test(
    "merged it is the same model, and unmerged the base",
    exactly(() => {
      const model = new Gpt(config, { random });
      const base = model.forward(tokens());
      const weight = model.blocks[0]!.attention.queryKeyValue.weight;
      const before = weight.toTypedArray();
      addLora(model, { ...lora, match: /attention\.|mlp\./ });
      fill(model);
      const adapted = model.forward(tokens());
      mergeLora(model);
      mergeLora(model);
      expect(weight.toTypedArray()).not.toEqual(before);
      expectClose(model.forward(tokens()), adapted, { absolute: 1e-12 });
      unmergeLora(model);
      unmergeLora(model);
      expectClose(weight.toTypedArray(), before, { absolute: 1e-14 });
      expectClose(model.forward(tokens()), adapted, { absolute: 1e-12 });
      removeLora(model);
      expectClose(model.forward(tokens()), base, { absolute: 1e-12 });
      addLora(model, lora);
      fill(model);
      const again = model.forward(tokens());
      mergeLora(model);
      removeLora(model);
      expect(loraTensors(model)).toEqual([]);
      expectClose(model.forward(tokens()), again, { absolute: 1e-12 });
      expect(parameters(model)).toEqual([]);
      freeze(model, false);
      expect(parameters(model)).toHaveLength(namedTensors(model).length);
    }),
  );

  test("is right within rounding in f32, and frees what it made", () => {
    const runtime = fastRuntime();
    const model = new Gpt(config, { random, runtime });
    const live = runtime.memoryStats().liveTensors;
    const logits = () =>
      runtime.scope(() =>
        model.forward(tensor(Int32Array.of(1, 2, 3), { shape: [1, 3], runtime })).toTypedArray(),
      );
    addLora(model, lora);
    runtime.scope(() => fill(model));
    const adapted = logits();
    mergeLora(model);
    // Sums of 4 terms of magnitude 1 in two layers, each rounded by at most 2⁻²⁴ of it.
    expectClose(logits(), adapted, { absolute: 1e-5 });
    removeLora(model);
    expect(runtime.memoryStats().liveTensors).toBe(live);
    dispose(model);
    runtime.dispose();
  });

  test("has gradients that are right to second order on packed projections and cross-attention", () =>
    gradcheck(
      () => {
        const shared = { ...config, layers: 1, width: 2, hidden: 2, heads: 1, activation: "gelu" as const };
        const model = new Seq2Seq({ ...shared, sourceVocabSize: 7, targetVocabSize: 7 }, { random });
        addLora(model, { ...lora, rank: 1, match: /decoder.*(queryKeyValue|keyValue|query|expand)$/ });
        fill(model);
        const [source, target, next] = [rows([1, 2, 3]), rows([1, 2]), rows([2, 3])];
        return { f: () => model.loss(source, target, next), inputs: parameters(model) };
      },
      { order: 2, elements: 0, directions: 1 },
    ));

  test(
    "refuses what it cannot adapt",
    exactly(() => {
      const model = new Gpt({ ...config, layers: 1 }, { random });
      expect(() => addLora(model, { ...lora, match: /nothing/ })).toThrow(
        "addLora.match: wanted one of the layers blocks.0.attention.queryKeyValue, blocks.0.attention.output, " +
          'blocks.0.mlp.expand, blocks.0.mlp.project, got "/nothing/"',
      );
      addLora(model, lora);
      expect(() => addLora(model, lora)).toThrow("a layer without an adapter, got");
    }),
  );
});

describe("an adapter over weights of 8 bits", () => {
  const tokens = (model: Gpt) => tensor(Int32Array.of(1, 2, 3), { shape: [1, 3], runtime: model.runtime });
  const targets = (model: Gpt) => tensor(Int32Array.of(2, 3, 4), { shape: [1, 3], runtime: model.runtime });

  test(
    "changes nothing at first, and cannot be merged",
    exactly(() => {
      const model = new Gpt(config, { random });
      quantize(model);
      const { weight, scales } = model.blocks[1]!.attention.queryKeyValue;
      const [codes, before] = [weight.toTypedArray(), model.forward(tokens(model))];
      addLora(model, lora);
      expectClose(model.forward(tokens(model)), before);
      expect(parameters(model)).toEqual(loraTensors(model).map(({ tensor: own }) => own));
      model.blocks[0]!.mlp.expand.adapter = new LowRankAdapter(4, 16, { rank: 1, random });
      fill(model);
      const adapted = model.forward(tokens(model));
      const why = "mergeLora: blocks.0.attention.queryKeyValue: wanted a weight of floats";
      expect(() => mergeLora(model)).toThrow(why);
      expectClose(model.forward(tokens(model)), adapted);
      removeLora(model);
      expectClose(model.forward(tokens(model)), before);
      expect(scales).not.toBeNull();
      expect(weight.toTypedArray()).toEqual(codes);
    }),
  );

  test("stays apart where weights become 8 bits below it, unless it was merged", () => {
    exactly(() => {
      const model = new Gpt(config, { random });
      addLora(model, lora);
      fill(model);
      mergeLora(model);
      quantize(model);
      const merged = model.forward(tokens(model));
      expect(() => unmergeLora(model)).toThrow("unmergeLora: blocks.0.attention.queryKeyValue");
      removeLora(model);
      expectClose(model.forward(tokens(model)), merged);
    })();
  });

  test.each([
    ["the f64 reference", exactRuntime],
    ["wasm", fastRuntime],
  ] as const)("learns, few rows at once or many, on %s", (_, makeRuntime) => {
    const runtime = makeRuntime();
    const model = new Gpt({ ...config, dropout: 0.1 }, { random, weights: "int8", runtime });
    addLora(model, { ...lora, match: /./, dropout: 0.1 });
    const optimizer = new AdamW(parameters(model), { learningRate: 0.05 });
    const many = (values: Int32Array) =>
      tensor(Int32Array.of(...values, ...values), { shape: [2, 3], runtime });
    const frozen = () =>
      namedTensors(model).flatMap(({ name, tensor: own }) =>
        name.includes(".adapter.") ? [] : [own.toTypedArray()],
      );
    const [before, first] = [frozen(), runtime.scope(() => model.loss(tokens(model), targets(model)).item())];
    const step = (i: number) =>
      optimizer.minimize(() => {
        const [inputs, wanted] = [tokens(model), targets(model)];
        const context = { random: random.fork(i), checkpoint: i % 4 === 3 };
        if (i % 2 === 0) return model.loss(inputs, wanted, context);
        const double = (x: Tensor) => many(x.toTypedArray() as Int32Array);
        return model.loss(double(inputs), double(wanted), context);
      });
    step(0);
    const live = runtime.memoryStats().liveTensors;
    for (let i = 1; i < 24; i++) step(i);
    expect(runtime.memoryStats().liveTensors).toBe(live);
    expect(runtime.scope(() => model.loss(tokens(model), targets(model)).item())).toBeLessThan(first - 0.02);
    expect(frozen()).toEqual(before);
    runtime.dispose();
  });

  test("has gradients that are right to second order", () =>
    gradcheck(
      () => {
        const layer = new Linear(3, 2, { random, weights: "int8" });
        layer.adapter = new LowRankAdapter(3, 2, { rank: 1, alpha: 2, random });
        fill(layer);
        const inputs = [randomNormal([2, 3], { random }), ...parameters(layer)];
        expect(inputs).toHaveLength(4);
        return { f: (x) => layer.forward(x!), inputs };
      },
      { order: 2, elements: 1 },
    ));
});

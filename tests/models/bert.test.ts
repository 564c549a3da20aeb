import { describe, expect, test } from "vitest";
import { Bert } from "../../src/models/bert.ts";
import { bertPresets, completeBertConfig } from "../../src/models/bertConfig.ts";
import { bertParameterCount, bertWeightSize } from "../../src/models/bertEstimate.ts";
import { countParameters, dispose, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { quantize } from "../../src/nn/quantize.ts";
import { add, crossEntropy, slice } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { createRuntime } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const random = new Random(3);
const tokens = (rows: number[][]) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });
const config = { contextLength: 8, vocabSize: 11, layers: 2, heads: 2, width: 8 };

describe("Bert", () => {
  test(
    "gives every row of a padded batch the states that it has alone",
    exactly(() => {
      const model = new Bert(config, { random });
      const [rows, segments] = [tokens([[1, 2, 3, 4], [5, 6, 0, 0]]), tokens([[0, 0, 1, 1], [0, 1, 0, 0]])]; // biome-ignore format: rows
      const { hidden, pooled } = model.forward(rows, { segments, lengths: [4, 2] });
      expect([hidden.shape, pooled.shape]).toEqual([[2, 4, 8], [2, 8]]); // biome-ignore format: shapes
      const alone = model.forward(tokens([[5, 6]]), { segments: tokens([[0, 1]]) });
      expectClose(slice(hidden, [[1, 2], [0, 2]]), alone.hidden, { absolute: 1e-9 }); // biome-ignore format: ranges
      expectClose(slice(pooled, [[1, 2]]), alone.pooled, { absolute: 1e-9 });
      expect(model.tokenLogits(hidden).shape).toEqual([2, 4, 11]);
      expect(model.pairLogits(pooled).shape).toEqual([2, 2]);
    }),
  );

  test(
    "a position sees those behind it, and segments tell tokens apart",
    exactly(() => {
      const model = new Bert(config, { random });
      const first = (row: number[], segments?: Tensor) =>
        slice(model.forward(tokens([row]), { segments }).hidden, [0, 0]).toArray();
      expect(first([1, 2, 3])).not.toEqual(first([1, 2, 4]));
      expect(first([1, 2, 3])).toEqual(first([1, 2, 3], tokens([[0, 0, 0]])));
      expect(first([1, 2, 3])).not.toEqual(first([1, 2, 3], tokens([[0, 0, 1]])));
      const weights: Tensor[] = [];
      model.forward(tokens([[1, 2, 3]]), { weights });
      expect(weights.map(({ shape }) => shape)).toEqual([[1, 2, 3, 3], [1, 2, 3, 3]]); // biome-ignore format: shapes
      dispose(weights);
    }),
  );

  test(
    "the loss is that of the masked tokens and of the pairs",
    exactly(() => {
      const model = new Bert(config, { random });
      const inputs = tokens([[1, 9, 3, 4], [5, 6, 9, 9]]); // biome-ignore format: rows
      const wanted = tokens([[-100, 2, -100, -100], [-100, -100, 7, 8]]); // biome-ignore format: rows
      const pairs = tensor(Int32Array.of(1, 0));
      const { hidden, pooled } = model.forward(inputs);
      const masked = crossEntropy(model.tokenLogits(hidden), wanted);
      expectClose(model.loss(inputs, { tokens: wanted }), masked);
      const both = add(masked, crossEntropy(model.pairLogits(pooled), pairs));
      expectClose(model.loss(inputs, { tokens: wanted, pairs }), both);
    }),
  );

  test(
    "has these tensors",
    exactly(() => {
      const names = namedTensors(new Bert({ ...config, layers: 1 }, { random })).map(({ name }) => name);
      expect(names.filter((name) => !name.startsWith("blocks."))).toEqual([
        "tokenEmbedding.weight",
        "positionEmbedding.weight",
        "segmentEmbedding.weight",
        "embeddingNorm.gain",
        "embeddingNorm.bias",
        "pooler.weight",
        "pooler.bias",
        "tokenHead.transform.weight",
        "tokenHead.transform.bias",
        "tokenHead.norm.gain",
        "tokenHead.norm.bias",
        "tokenHead.bias",
        "pairHead.weight",
        "pairHead.bias",
      ]);
    }),
  );

  test("the smallest of the released ones has the size that was published", () => {
    const runtime = createRuntime();
    const model = new Bert(bertPresets["bert-tiny"], { random, runtime });
    // 4,385,920 without the heads of pre-training (Turc et al. 2019: 4.4 million).
    const heads = countParameters(model.tokenHead) + countParameters(model.pairHead);
    expect(countParameters(model) - heads).toBe(4_385_920);
    expect(countParameters(model)).toBe(bertParameterCount(bertPresets["bert-tiny"]));
    runtime.dispose();
    // 110 and 340 million with the pooler (Devlin et al. 2018, section 3); the heads of pre-training come on top.
    expect(bertParameterCount(bertPresets["bert-base"])).toBe(109_482_240 + 592_128 + 30_522 + 1_538);
    const tight = createRuntime({ maxMemory: 2 ** 20 });
    const make = () => new Bert(bertPresets["bert-tiny"], { random, runtime: tight });
    expect(make).toThrow(/the weights of a BERT of width 128 and 30522 symbols needs/);
    expect(tight.memoryStats().liveBytes).toBe(0);
  });

  test(
    "drops only when a key is passed, and refuses what does not fit",
    exactly(() => {
      const model = new Bert({ ...config, dropout: 0.5 }, { random });
      const run = (key?: Random) => model.forward(tokens([[1, 2]]), { random: key }).pooled.toArray();
      expect(run()).toEqual(run());
      expect(run(new Random(1))).not.toEqual(run(new Random(2)));
      expect(() => completeBertConfig({ ...config, segments: 0 })).toThrow("BertConfig.segments");
      expect(() => model.forward(tokens([[0, 1, 2, 3, 4, 5, 6, 7, 8]]))).toThrow(
        "at most 8 positions, got 9",
      );
      expect(() => model.forward(tokens([[0, 1]]), { segments: tokens([[0, 2]]) })).toThrow("2");
    }),
  );

  test(
    "keeps its weights in 8 bits where it is told to, in the room that they take",
    exactly(() => {
      const model = new Bert(config, { random });
      quantize(model);
      const made = new Bert(config, { random, weights: "int8" });
      const logits = (of: Bert) => of.pairLogits(of.forward(tokens([[1, 2, 3]])).pooled);
      expectClose(logits(made), logits(model));
      const large = { ...config, layers: 4, width: 128 };
      const runtime = createRuntime({ maxMemory: 2.5 * 2 ** 20 });
      expect(() => new Bert(large, { random, runtime })).toThrow("the weights of a BERT");
      new Bert(large, { random, runtime, weights: "int8" });
      const room = 4 * bertWeightSize(large, "int8");
      expect(runtime.memoryStats().liveBytes / room).toBeGreaterThan(1);
      expect(runtime.memoryStats().liveBytes / room).toBeLessThan(1.1);
      runtime.dispose();
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(
      () => {
        const model = new Bert({ ...config, layers: 1, width: 4, hidden: 4, contextLength: 3 }, { random });
        const inputs = tokens([[1, 2, 3], [4, 5, 0]]); // biome-ignore format: rows
        const targets = { tokens: tokens([[-100, 6, -100], [7, -100, -100]]), pairs: tensor(Int32Array.of(1, 0)) }; // biome-ignore format: rows
        const own = [model.segmentEmbedding, model.pooler, model.tokenHead.norm];
        return { f: () => model.loss(inputs, targets, { lengths: [3, 2] }), inputs: parameters(own) };
      },
      { order: 2, elements: 1 },
    ));
});

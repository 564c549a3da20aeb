import { describe, expect, test } from "vitest";
import { Gpt, type GptContext } from "../../src/models/gpt.ts";
import { completeGptConfig, type GptConfig, presets } from "../../src/models/gptConfig.ts";
import { dispose, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { allClose, slice, sum } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const random = new Random(3);
const tokens = (rows: number[][]) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });

const size = { contextLength: 10, vocabSize: 11, layers: 2, heads: 4, width: 8 } as const;
const forms: Record<string, GptConfig> = {
  "GPT-1": { ...size, normOrder: "post", activation: "geluTanh" },
  "GPT-3": { ...size, window: 3, windowLayers: "alternate", activation: "geluTanh" },
  modern: {
    ...size,
    bias: false,
    keyHeads: 2,
    hidden: 12,
    norm: "rms",
    normEpsilon: 1e-6,
    positions: "rotary",
    rotaryBase: 100,
    activation: "swiglu",
    tiedHead: false,
  },
  "modern with a window": { ...size, norm: "rms", positions: "rotary", activation: "swiglu", window: 2 },
  sinusoidal: { ...size, positions: "sinusoidal" },
};

describe.each(Object.entries(forms))("a GPT of the form %s", (_, config) => {
  test(
    "gives every row of a batch the logits that it has alone, from a cache or not",
    exactly(() => {
      const model = new Gpt(config, { random });
      const texts = [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [8, 9, 10, 0, 1, 2],
      ];
      const whole = texts.map((row) => model.forward(tokens([row])).toArray() as number[][][]);
      const cache = model.cache(2);
      const expectNext = (rows: number[][], lengths: number[], context: GptContext = { cache }) => {
        const starts = cache[0]!.lengths;
        const logits = model.forward(tokens(rows), { ...context, lengths }).toArray() as number[][][];
        lengths.forEach((length, b) => {
          const wanted = whole[b]![0]!.slice(starts[b], starts[b]! + length);
          expectClose(logits[b]!.slice(0, length).flat(), wanted.flat(), { absolute: 1e-9 });
        });
      };
      expectNext([[1, 2, 3], [8, 0, 0]], [3, 1], {}); // biome-ignore format: two rows
      expectNext([[1, 2, 3], [8, 0, 0]], [3, 1]); // biome-ignore format: two rows
      expectNext([[4, 5, 6], [9, 10, 0]], [3, 2]); // biome-ignore format: two rows
      expectNext([[7], [0]], [1, 1]);
      expectNext([[8, 0], [1, 2]], [1, 2]); // biome-ignore format: two rows
      expect(cache[1]!.lengths).toEqual([8, 6]);
      dispose(cache);
    }),
  );
});

describe("generations of GPT", () => {
  test(
    "GPT-1 has norms after its sublayers and none at the end, and starts with one deviation",
    exactly(() => {
      const model = new Gpt({ ...forms["GPT-1"]!, width: 64 }, { random });
      expect(model.norm).toBeNull();
      const values = [...model.blocks[1]!.mlp.project.weight.toTypedArray()];
      const deviation = Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
      expect(deviation).toBeCloseTo(0.02, 3);
      const x = model.hidden(tokens([[1, 2]])).toArray() as number[][][];
      const mean = x[0]![1]!.reduce((total, value) => total + value, 0);
      expect(Math.abs(mean)).toBeLessThan(1e-9);
    }),
  );

  test(
    "in GPT-3 the first layer sees everything, the second a band",
    exactly(() => {
      const model = new Gpt(forms["GPT-3"]!, { random });
      const weights: ReturnType<typeof tensor>[] = [];
      model.forward(tokens([[1, 2, 3, 4, 5]]), { weights });
      const seen = weights.map((each) => (each.toArray() as number[][][][])[0]![0]!.map(countSeen));
      expect(seen).toEqual([
        [1, 2, 3, 4, 5],
        [1, 2, 3, 3, 3],
      ]);
      dispose(weights);
    }),
  );

  test(
    "a modern one has these weights",
    exactly(() => {
      const model = new Gpt({ ...forms.modern!, layers: 1 }, { random });
      expect(namedTensors(model).map(({ name, tensor: { shape } }) => `${name} ${shape}`)).toEqual([
        "tokenEmbedding.weight 11,8",
        "blocks.0.attentionNorm.gain 8",
        "blocks.0.attention.queryKeyValue.weight 16,8",
        "blocks.0.attention.output.weight 8,8",
        "blocks.0.mlpNorm.gain 8",
        "blocks.0.mlp.gate.weight 12,8",
        "blocks.0.mlp.expand.weight 12,8",
        "blocks.0.mlp.project.weight 8,12",
        "norm.gain 8",
        "head.weight 11,8",
      ]);
    }),
  );

  test(
    "rotary positions tell distances alone: the same text later in the context gives the same logits",
    exactly(() => {
      const model = new Gpt(forms["modern with a window"]!, { random });
      // Two layers with a window of 2 see three tokens back.
      const last = (row: number[]) => slice(model.forward(tokens([row])), [0, -1]);
      expectClose(last([5, 6, 7]), last([0, 9, 5, 6, 7]), { absolute: 1e-9 });
      const learned = new Gpt({ ...forms["GPT-3"]!, window: 2, windowLayers: "all" }, { random });
      const other = (row: number[]) => slice(learned.forward(tokens([row])), [0, -1]);
      expect(allClose(other([5, 6, 7]), other([0, 9, 5, 6, 7]))).toBe(false);
    }),
  );

  test(
    "attention weights are those of every layer, from a cache too, and change neither result nor gradient",
    exactly(() => {
      const model = new Gpt(forms.modern!, { random });
      const weights: ReturnType<typeof tensor>[] = [];
      const text = tokens([[1, 2, 3]]);
      const gradient = (context: GptContext) =>
        gradientsOf([sum(model.forward(text, context))], [tensor(1)], [model.head!.weight])[0]!.toArray();
      expect(gradient({ weights })).toEqual(gradient({}));
      expect(weights.map(({ shape }) => shape)).toEqual([[1, 4, 3, 3], [1, 4, 3, 3]]); // biome-ignore format: shapes
      const again: ReturnType<typeof tensor>[] = [];
      expect(gradient({ weights: again, checkpoint: true })).toEqual(gradient({}));
      expect(again).toHaveLength(2);
      const cache = model.cache(1);
      const later: ReturnType<typeof tensor>[] = [];
      model.forward(tokens([[1, 2]]), { cache });
      model.forward(tokens([[3]]), { cache, weights: later });
      expectClose(slice(later[1]!, [null, null, null, [0, 3]]), slice(weights[1]!, [null, null, [2, 3]]));
      dispose([cache, weights, later, again]);
    }),
  );

  test("a modern one has gradients that are right to second order", () =>
    gradcheck(
      () => {
        const small = {
          layers: 1,
          heads: 2,
          keyHeads: 1,
          width: 4,
          hidden: 4,
          contextLength: 3,
          vocabSize: 5,
        };
        const model = new Gpt({ ...forms.modern!, ...small }, { random });
        const [inputs, targets] = [tokens([[0, 1, 2]]), tokens([[1, 2, 3]])];
        return { f: () => model.loss(inputs, targets), inputs: parameters(model) };
      },
      { order: 2, elements: 2 },
    ));

  test("configurations are completed, and what does not fit is named", () => {
    const full = completeGptConfig(presets.stories15M);
    expect(full).toMatchObject({ keyHeads: 6, rotaryBase: 10000, tiedHead: true, normOrder: "pre" });
    expect(completeGptConfig({ ...size, width: 288, activation: "swiglu" }).hidden).toBe(768);
    expect(completeGptConfig(size)).toMatchObject({ hidden: 32, positions: "learned", finalNorm: true });
    const refused = (change: object) => () => completeGptConfig({ ...size, ...change } as GptConfig);
    expect(refused({ keyHeads: 3 })).toThrow(
      "GptConfig.keyHeads: wanted a number that divides 4 heads, got 3",
    );
    expect(refused({ norm: "batch" })).toThrow('GptConfig.norm: wanted "layer" or "rms", got "batch"');
    expect(refused({ activation: "tanh" })).toThrow("GptConfig.activation");
    expect(refused({ width: 12, positions: "rotary" })).toThrow("an even width of each of the 4 heads");
    expect(refused({ window: 0 })).toThrow("GptConfig.window: wanted a whole number from 1 on, got 0");
    expect(refused({ normEpsilon: -1 })).toThrow("GptConfig.normEpsilon");
    expect(refused({ rotaryBase: 0 })).toThrow("GptConfig.rotaryBase");
  });
});

const countSeen = (row: number[]) => row.filter((weight) => weight > 0).length;

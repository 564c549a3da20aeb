import { describe, expect, test } from "vitest";
import { Gpt, type GptContext } from "../../src/models/gpt.ts";
import { dispose, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { crossEntropy, slice } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const config = { contextLength: 8, vocabSize: 11, layers: 2, heads: 2, width: 6 };
const random = new Random(3);
const tokens = (rows: number[][]) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });
const text = [
  [1, 2, 3, 4, 5],
  [6, 7, 8, 9, 10],
];

describe("Gpt", () => {
  test(
    "gives logits for each position, and the loss is their cross-entropy",
    exactly(() => {
      const model = new Gpt(config, { random });
      const logits = model.forward(tokens(text));
      expect(logits.shape).toEqual([2, 5, 11]);
      const targets = tokens([
        [2, 3, 4, 5, 6],
        [7, 8, 9, 10, 0],
      ]);
      expectClose(model.loss(tokens(text), targets), crossEntropy(logits, targets));
      expectClose(model.forward(tokens(text), { lastOnly: true }), slice(logits, [null, [-1, null]]));
    }),
  );

  test(
    "a position does not see those behind it",
    exactly(() => {
      const model = new Gpt(config, { random });
      const changed = text.map((row) => [...row.slice(0, 3), 0, 0]);
      const seen = (rows: number[][]) => slice(model.forward(tokens(rows)), [null, [0, 3]]).toArray();
      expect(seen(changed)).toEqual(seen(text));
    }),
  );

  test(
    "with a cache it gives the same logits",
    exactly(() => {
      const model = new Gpt(config, { random });
      const whole = model.forward(tokens(text)).toArray() as number[][][];
      const cache = model.cache(2);
      for (const [start, end] of [
        [0, 2],
        [2, 3],
        [3, 5],
      ] as const) {
        const logits = model.forward(tokens(text.map((row) => row.slice(start, end))), { cache });
        expectClose(logits, tensor(whole.map((rows) => rows.slice(start, end))));
      }
      dispose(cache);
    }),
  );

  test(
    "a batch of texts of different lengths gives each the logits that it has alone, with and without a cache",
    exactly(() => {
      const model = new Gpt(config, { random });
      const [long, short] = [
        [1, 2, 3, 4, 5, 6, 7],
        [8, 9, 10],
      ];
      const expectLast = (rows: number[][], context: GptContext, ...seen: number[][]) => {
        const logits = model.forward(tokens(rows), { ...context, lastOnly: true });
        seen.forEach((row, b) => {
          expectClose(slice(logits, [[b, b + 1]]), model.forward(tokens([row]), { lastOnly: true }));
        });
      };
      const [rows, lengths] = [
        [long.slice(0, 4), [8, 9, 0, 0]],
        [4, 2],
      ];
      expectLast(rows, { lengths }, [1, 2, 3, 4], [8, 9]);
      const cache = model.cache(2);
      expectLast(rows, { cache, lengths }, [1, 2, 3, 4], [8, 9]);
      expectLast([[5], [10]], { cache }, long.slice(0, 5), short);
      expectLast(
        [
          [6, 7],
          [0, 10],
        ],
        { cache, lengths: [2, 1] },
        long,
        [...short, 0],
      );
      // A row stands still while another goes on, beyond the end of its own context.
      expectLast(
        [
          [10, 0],
          [1, 2],
        ],
        { cache, lengths: [1, 2] },
        [...long, 10],
        [...short, 0, 1, 2],
      );
      const { lengths: held } = cache[1]!;
      expect(held).toEqual([8, 6]);
      const still = model.forward(
        tokens([
          [0, 0],
          [3, 4],
        ]),
        { cache, lengths: [0, 2], lastOnly: true },
      );
      const goneOn = model.forward(tokens([[...short, 0, 1, 2, 3, 4]]), { lastOnly: true });
      expectClose(slice(still, [[1, 2]]), goneOn);
      dispose(cache);
    }),
  );

  test(
    "drops only when a key is passed, and the same for the same key",
    exactly(() => {
      const model = new Gpt({ ...config, dropout: 0.5 }, { random });
      const run = (key?: Random) => model.forward(tokens(text), { random: key }).toArray();
      expect(run()).toEqual(run());
      expect(run(new Random(1))).toEqual(run(new Random(1)));
      expect(run(new Random(1))).not.toEqual(run(new Random(2)));
      expect(run(new Random(1))).not.toEqual(run());
    }),
  );

  test(
    "an untied head has a weight of its own, and a model without biases has none",
    exactly(() => {
      const tied = parameters(new Gpt(config, { random })).length;
      expect(parameters(new Gpt({ ...config, tiedHead: false }, { random }))).toHaveLength(tied + 1);
      const names = namedTensors(new Gpt({ ...config, bias: false }, { random })).map(({ name }) => name);
      expect(names.filter((name) => name.includes("bias"))).toEqual([]);
    }),
  );

  test(
    "starts as GPT-2: 0.02, and 0.02/√(2L) where it writes into the residual stream",
    exactly(() => {
      const model = new Gpt({ ...config, width: 64, vocabSize: 200 }, { random });
      const deviation = (values: Iterable<number>) => {
        const all = [...values];
        return Math.sqrt(all.reduce((total, value) => total + value * value, 0) / all.length);
      };
      expect(deviation(model.tokenEmbedding.weight.toTypedArray())).toBeCloseTo(0.02, 3);
      expect(deviation(model.blocks[0]!.mlp.expand.weight.toTypedArray())).toBeCloseTo(0.02, 3);
      expect(deviation(model.blocks[1]!.mlp.project.weight.toTypedArray())).toBeCloseTo(0.01, 3);
      expect(deviation(model.blocks[1]!.attention.output.weight.toTypedArray())).toBeCloseTo(0.01, 3);
    }),
  );

  test(
    "refuses what does not fit, in a line",
    exactly(() => {
      const model = new Gpt(config, { random });
      expect(() => model.forward(tokens([[1, 2, 3, 4, 5, 6, 7, 8, 9]]))).toThrow(
        /at most 8 positions, got 9/,
      );
      expect(() => model.forward(tokens([[1, 11]]))).toThrow(/11/);
      expect(() => model.forward(tokens(text), { lengths: [1] })).toThrow(
        /2 lengths, one per row, got \[1\]/,
      );
      expect(() => model.forward(tokens(text), { lengths: [1, 6] })).toThrow(/lengths from 0 to 5, got 6/);
      expect(() => new Gpt({ ...config, heads: 4 }, { random })).toThrow(
        /GptConfig.width: wanted a multiple of 4 heads/,
      );
      expect(() => new Gpt({ ...config, layers: 0 }, { random })).toThrow(/GptConfig.layers/);
      expect(() => new Gpt({ ...config, startToken: 11 }, { random })).toThrow(/GptConfig.startToken/);
    }),
  );
});

test("a whole model's gradients are right to second order", () =>
  gradcheck(
    () => {
      const model = new Gpt({ contextLength: 3, vocabSize: 5, layers: 1, heads: 2, width: 4 }, { random });
      const [inputs, targets] = [
        tokens([
          [0, 1, 2],
          [3, 4, 0],
        ]),
        tokens([
          [1, 2, 3],
          [4, 0, 1],
        ]),
      ];
      return { f: () => model.loss(inputs, targets), inputs: parameters(model) };
    },
    { order: 2, elements: 3 },
  ));

test("a training step leaves nothing behind", () =>
  withRuntime(createRuntime(), () => {
    const model = new Gpt(config, { random });
    const runtime = model.runtime;
    const before = runtime.memoryStats().liveTensors;
    runtime.scope(() => model.loss(tokens(text), tokens(text)).item());
    expect(runtime.memoryStats().liveTensors).toBe(before);
  }));

test("checkpointed blocks give the same bits, dropout included, and keep less than a third", () =>
  withRuntime(createRuntime(), () => {
    const deep = { contextLength: 32, vocabSize: 11, layers: 12, heads: 2, width: 32, dropout: 0.1 };
    const model = new Gpt(deep, { random });
    const rows = Array.from({ length: 8 }, (_, row) => Array.from({ length: 32 }, (_, i) => (row + i) % 11));
    const { runtime } = model;
    const held = runtime.memoryStats().liveBytes;
    const step = (checkpoint: boolean) =>
      runtime.scope(() => {
        const loss = model.loss(tokens(rows), tokens(rows), { random: new Random(5), checkpoint });
        const kept = runtime.memoryStats().liveBytes - held;
        backward(loss);
        const gradients = parameters(model).map((weight) => [...weight.grad!.toTypedArray()]);
        for (const weight of parameters(model)) weight.grad = null;
        return { kept, value: loss.item(), gradients };
      });
    const [plain, checkpointed] = [step(false), step(true)];
    expect(checkpointed.value).toBe(plain.value);
    expect(checkpointed.gradients).toEqual(plain.gradients);
    expect(checkpointed.kept).toBeLessThan(plain.kept / 3);
  }));

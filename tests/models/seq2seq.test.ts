import { describe, expect, test } from "vitest";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import type { Seq2SeqConfig } from "../../src/models/seq2seqConfig.ts";
import { seq2seqParameterCount } from "../../src/models/seq2seqEstimate.ts";
import { countParameters, dispose, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { crossEntropy, slice, sum } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const random = new Random(3);
const tokens = (rows: number[][]) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });

const config: Seq2SeqConfig = {
  contextLength: 8,
  sourceVocabSize: 7,
  targetVocabSize: 9,
  layers: 2,
  heads: 2,
  width: 8,
  paddingToken: 0,
};
const forms: Record<string, Seq2SeqConfig> = {
  "of 2017": config,
  modern: { ...config, bias: false, keyHeads: 1, norm: "rms", normOrder: "pre", positions: "rotary" },
  "with learned positions": { ...config, normOrder: "pre", positions: "learned", decoderLayers: 1 },
};

const sources = [
  [1, 2, 3, 4, 5],
  [6, 5, 4],
];
const targets = [
  [1, 2, 3, 4],
  [8, 7],
];
const padded = (rows: number[][]) => {
  const longest = Math.max(...rows.map((row) => row.length));
  return tokens(rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]));
};
const lengthsOf = (rows: number[][]) => rows.map((row) => row.length);

describe.each(Object.entries(forms))("Seq2Seq %s", (_, form) => {
  test(
    "gives every pair of a padded batch the logits that it has alone",
    exactly(() => {
      const model = new Seq2Seq(form, { random });
      const context = { sourceLengths: lengthsOf(sources), targetLengths: lengthsOf(targets) };
      const logits = model.forward(padded(sources), padded(targets), context);
      expect(logits.shape).toEqual([2, 4, 9]);
      targets.forEach((target, b) => {
        const alone = model.forward(tokens([sources[b]!]), tokens([target]));
        expectClose(slice(logits, [[b, b + 1], [0, target.length]]), alone, { absolute: 1e-9 }); // biome-ignore format: ranges
      });
    }),
  );

  test(
    "decodes step by step what it gives at once, also when rows change places",
    exactly(() => {
      const model = new Seq2Seq(form, { random });
      const pairs = [0, 1].map((b) => model.forward(tokens([sources[b]!]), tokens([[1, 2, 3, 4 + b]])));
      const at = (b: number, i: number) => slice(pairs[b]!, [null, [i, i + 1]]);
      const state = model.start(padded(sources), lengthsOf(sources));
      const expectRows = (logits: Tensor, ...rows: Tensor[]) => {
        expect(logits.shape).toEqual([rows.length, 1, 9]);
        rows.forEach((row, b) => {
          expectClose(slice(logits, [[b, b + 1]]), row, { absolute: 1e-9 });
        });
      };
      expectRows(model.step(tokens([[1], [1]]), state), at(0, 0), at(1, 0));
      expectRows(model.step(tokens([[2, 3], [2, 3]]), state), at(0, 2), at(1, 2)); // biome-ignore format: two rows
      state.reorder([1, 0, 1]);
      expectRows(model.step(tokens([[5], [4], [5]]), state), at(1, 3), at(0, 3), at(1, 3));
      state.dispose();
    }),
  );
});

describe("Seq2Seq", () => {
  test(
    "the loss smooths labels and leaves padding out",
    exactly(() => {
      const model = new Seq2Seq(config, { random });
      const [source, target, next] = [
        padded(sources),
        padded(targets),
        padded(targets.map((row) => row.slice(1))),
      ];
      const logits = model.forward(source, padded(targets.map((row) => row.slice(0, 3))));
      const loss = model.loss(source, slice(target, [null, [0, 3]]), next, { labelSmoothing: 0.1 });
      expectClose(loss, crossEntropy(logits, next, { labelSmoothing: 0.1, ignoreIndex: 0 }));
      const { paddingToken: _, ...without } = config;
      const counting = new Seq2Seq(without, { random });
      const all = counting.loss(source, slice(target, [null, [0, 3]]), next);
      expectClose(all, crossEntropy(logits, next));
    }),
  );

  test(
    "the encoder's last states feed every block of the decoder",
    exactly(() => {
      const model = new Seq2Seq(config, { random });
      const memory = model.encode(padded(sources), { lengths: [5, 3] });
      const [weights, crossWeights]: [Tensor[], Tensor[]] = [[], []];
      const target = tokens([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: two rows
      const y = model.decode(target, memory, { memoryLengths: [5, 3], weights, crossWeights });
      expectClose(y, model.forward(padded(sources), target, { sourceLengths: [5, 3] }), { absolute: 1e-9 });
      expect(weights.map(({ shape }) => shape)).toEqual([[2, 2, 3, 3], [2, 2, 3, 3]]); // biome-ignore format: shapes
      expect(crossWeights.map(({ shape }) => shape)).toEqual([[2, 2, 3, 5], [2, 2, 3, 5]]); // biome-ignore format: shapes
      const [unseen] = [slice(crossWeights[1]!, [1, null, null, [3, 5]]).toTypedArray()];
      expect(unseen.every((weight) => weight === 0)).toBe(true);
      for (const { crossAttention } of model.decoder.blocks) {
        const [gradient] = gradientsOf([sum(y)], [tensor(1)], [crossAttention!.keyValue.weight], {
          retainGraph: true,
        });
        expect(gradient!.toTypedArray().some((value) => value !== 0)).toBe(true);
      }
      dispose([weights, crossWeights]);
    }),
  );

  test(
    "has as many numbers as are counted before, and is refused where they do not fit",
    exactly(() => {
      for (const form of [...Object.values(forms), { ...config, tiedHead: false, finalNorm: true }]) {
        expect(countParameters(new Seq2Seq(form, { random }))).toBe(seq2seqParameterCount(form));
      }
      // 65 million (Vaswani et al. 2017, table 3, base), with 37,000 byte pairs.
      const base = { layers: 6, heads: 8, width: 512, contextLength: 512, sharedEmbedding: true };
      const published = seq2seqParameterCount({ ...base, sourceVocabSize: 37_000, targetVocabSize: 37_000 });
      expect(published / 1e6).toBeCloseTo(63.1, 1);
      const runtime = createRuntime({ maxMemory: 1000 });
      expect(() => new Seq2Seq(config, { random, runtime })).toThrow(/an encoder-decoder of width 8 needs/);
    }),
  );

  test(
    "shares embeddings as it is told",
    exactly(() => {
      const shared = { ...config, sourceVocabSize: 9, sharedEmbedding: true };
      const all = new Seq2Seq(shared, { random });
      const names = namedTensors(all).map(({ name }) => name);
      expect(names.filter((name) => name.includes("Embedding"))).toEqual(["encoder.tokenEmbedding.weight"]);
      const apart = new Seq2Seq({ ...shared, sharedEmbedding: false, tiedHead: false }, { random });
      expect(countParameters(apart)).toBe(countParameters(all) + 2 * 9 * 8);
      expect(() => new Seq2Seq({ ...config, sharedEmbedding: true }, { random })).toThrow(
        "Seq2SeqConfig.sharedEmbedding: wanted vocabularies of one size, got [7, 9]",
      );
      expect(() => new Seq2Seq({ ...config, endToken: 9 }, { random })).toThrow("a symbol below 9, got 9");
      expect(() => new Seq2Seq({ ...config, layers: 0 }, { random })).toThrow("Seq2SeqConfig.layers");
    }),
  );

  test(
    "drops only when a key is passed, and the same for the same key, checkpointed or not",
    exactly(() => {
      const model = new Seq2Seq({ ...config, dropout: 0.3 }, { random });
      const run = (context: Parameters<typeof model.forward>[2]) =>
        model.forward(padded(sources), padded(targets), context).toArray();
      expect(run({})).toEqual(run({}));
      expect(run({ random: new Random(1) })).toEqual(run({ random: new Random(1), checkpoint: true }));
      expect(run({ random: new Random(1) })).not.toEqual(run({ random: new Random(2) }));
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(
      () => {
        // relu has a kink that finite differences would see.
        const small = { ...config, layers: 1, heads: 1, width: 2, hidden: 2, contextLength: 3 };
        const model = new Seq2Seq({ ...small, activation: "gelu" }, { random });
        const [source, target, next] = [tokens([[0, 1, 2]]), tokens([[1, 2]]), tokens([[2, 3]])];
        const f = () => model.loss(source, target, next, { sourceLengths: [2], labelSmoothing: 0.1 });
        const [block] = model.decoder.blocks;
        const between = [model.encoder.tokenEmbedding, block!.crossAttention];
        return { f, inputs: parameters(between) };
      },
      { order: 2, elements: 1 },
    ));

  test("decoding leaves nothing behind", () =>
    withRuntime(createRuntime(), () => {
      const model = new Seq2Seq(config, { random });
      const { runtime } = model;
      const held = () => runtime.memoryStats().liveTensors;
      const before = held();
      const state = model.start(padded(sources), [5, 3]);
      runtime.scope(() => model.step(tokens([[1], [1]]), state).toArray());
      state.reorder([0]);
      state.dispose();
      // The source above was born outside a scope.
      expect(held()).toBe(before + 1);
    }));
});

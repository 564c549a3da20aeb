import { expect, test } from "vitest";
import { Bert, Gpt, type GptConfig, Seq2Seq, type Seq2SeqConfig } from "../../src/models/index.ts";
import { parameters } from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { gradcheck } from "../../src/testing/index.ts";

const random = new Random(3);
const tokens = (rows: number[][]) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });

/** Every parameter, to second order; relu has a kink that finite differences would see. */
const checkAll = (build: () => { readonly model: object; readonly loss: () => Tensor }) =>
  gradcheck(
    () => {
      const { model, loss } = build();
      expect(parameters(model).length).toBeGreaterThan(10);
      return { f: loss, inputs: parameters(model) };
    },
    { order: 2, elements: 3 },
  );

const size = { contextLength: 4, layers: 2, heads: 2, width: 4, hidden: 4 } as const;

test.each<[string, Partial<GptConfig>]>([
  ["GPT-1", { normOrder: "post", activation: "geluTanh" }],
  ["GPT-3", { window: 2, windowLayers: "alternate", activation: "geluTanh" }],
  [
    "modern",
    { norm: "rms", positions: "rotary", activation: "swiglu", keyHeads: 1, window: 2, tiedHead: false },
  ],
  ["sinusoidal", { positions: "sinusoidal" }],
])("a whole GPT of the form %s has gradients that are right to second order", (_, form) =>
  checkAll(() => {
    const model = new Gpt({ ...size, vocabSize: 5, ...form }, { random });
    const [inputs, targets] = [tokens([[0, 1, 2], [3, 4, 0]]), tokens([[1, 2, 3], [4, 0, 1]])]; // biome-ignore format: rows
    return { model, loss: () => model.loss(inputs, targets) };
  }),
);

test("a whole BERT has gradients that are right to second order", () =>
  checkAll(() => {
    const model = new Bert({ ...size, vocabSize: 9 }, { random });
    const inputs = tokens([[1, 2, 3], [4, 5, 0]]); // biome-ignore format: rows
    const targets = { tokens: tokens([[-100, 6, -100], [7, -100, -100]]), pairs: tensor(Int32Array.of(1, 0)) }; // biome-ignore format: rows
    return { model, loss: () => model.loss(inputs, targets, { lengths: [3, 2] }) };
  }));

test.each<[string, Partial<Seq2SeqConfig>]>([
  ["of 2017", {}],
  ["modern", { norm: "rms", normOrder: "pre", positions: "rotary", activation: "swiglu", keyHeads: 1 }],
])("a whole encoder-decoder %s has gradients that are right to second order", (_, form) =>
  checkAll(() => {
    const config = {
      ...size,
      layers: 1,
      sourceVocabSize: 5,
      targetVocabSize: 5,
      activation: "gelu",
    } as const;
    const model = new Seq2Seq({ ...config, ...form }, { random });
    const [source, target, next] = [tokens([[0, 1, 2], [3, 4, 0]]), tokens([[1, 2], [3, 4]]), tokens([[2, 3], [4, 0]])]; // biome-ignore format: rows
    return {
      model,
      loss: () => model.loss(source, target, next, { sourceLengths: [3, 2], labelSmoothing: 0.1 }),
    };
  }),
);

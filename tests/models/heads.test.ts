import { describe, expect, test } from "vitest";
import { Bert } from "../../src/models/bert.ts";
import { Encoder } from "../../src/models/encoder.ts";
import { Gpt } from "../../src/models/gpt.ts";
import { MultipleChoice } from "../../src/models/heads/multipleChoice.ts";
import { PairClassifier } from "../../src/models/heads/pairClassifier.ts";
import { SequenceClassifier } from "../../src/models/heads/sequenceClassifier.ts";
import { TokenClassifier } from "../../src/models/heads/tokenClassifier.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { freeze, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { add, crossEntropy, mean, mul, reshape, slice, stack } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const random = new Random(3);
const config = { contextLength: 6, vocabSize: 9, layers: 1, heads: 2, width: 4, hidden: 4 };
const rows = (...of: number[][]) => tensor(Int32Array.from(of.flat()), { shape: [of.length, of[0]!.length] });
const classes = (...of: number[]) => tensor(Int32Array.from(of));

const tiny = { ...config, heads: 1, width: 2, hidden: 2 };
const once = { order: 2, elements: 0, directions: 1 } as const;

const bodies = {
  Bert: (size = config) => new Bert(size, { random }),
  Encoder: (size = config) => new Encoder(size, { random }),
  Gpt: (size = config) => new Gpt(size, { random }),
  Seq2Seq: (size = config) =>
    new Seq2Seq({ ...size, sourceVocabSize: 9, targetVocabSize: 9, activation: "gelu" }, { random }),
} as const;

/** Two texts, the second one padded. */
const inputs = () => ({ tokens: rows([1, 2, 3, 4], [5, 6, 0, 0]), lengths: [4, 2] });

describe.each(Object.entries(bodies))("a head on %s", (_, make) => {
  test(
    "gives every text of a padded batch the logits that it has alone",
    exactly(() => {
      const body = make();
      const classifier = new SequenceClassifier(body, 3, { random });
      const logits = classifier.forward(inputs());
      expect(logits.shape).toEqual([2, 3]);
      const alone = classifier.forward({ tokens: rows([5, 6]) });
      expectClose(slice(logits, [[1, 2]]), alone, { absolute: 1e-9 });
      const tagger = new TokenClassifier(body, 3, { random });
      const tags = tagger.forward(inputs());
      expect(tags.shape).toEqual([2, 4, 3]);
      expectClose(slice(tags, [[1, 2], [0, 2]]), tagger.forward({ tokens: rows([5, 6]) }), { absolute: 1e-9 }); // biome-ignore format: ranges
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(() => {
      const body = make(tiny);
      freeze(body);
      const model = new SequenceClassifier(body, 2, { random });
      const under = "encode" in body ? body.encoder.blocks[0]! : body.blocks[0]!;
      const f = () => model.loss({ ...inputs(), labels: classes(1, 0) });
      return { f, inputs: [...parameters(model.classifier), under.mlp.project.weight, under.attention.output.weight] }; // biome-ignore format: one object
    }, once));
});

describe("SequenceClassifier", () => {
  test(
    "reads the vector that it is told to",
    exactly(() => {
      const body = bodies.Gpt();
      const hidden = body.hidden(inputs().tokens, { lengths: [4, 2] });
      const [of4, of2] = [slice(hidden, [0]), slice(hidden, [1, [0, 2]])];
      const expected = {
        first: slice(hidden, [null, 0]),
        last: stack([slice(of4, [3]), slice(of2, [1])]),
        mean: stack([mean(of4, { axis: 0 }), mean(of2, { axis: 0 })]),
      };
      for (const summary of ["first", "last", "mean"] as const) {
        const model = new SequenceClassifier(body, 2, { random, summary });
        expectClose(model.forward(inputs()), model.classifier.forward(expected[summary]), {
          absolute: 1e-12,
        });
      }
      expect(new SequenceClassifier(body, 2, { random }).config.summary).toBe("last");
      const bert = new SequenceClassifier(bodies.Bert(), 2, { random });
      const { pooled } = bert.body.forward(inputs().tokens, { lengths: [4, 2] });
      expectClose(bert.forward(inputs()), bert.classifier.forward(pooled), { absolute: 1e-12 });
    }),
  );

  test(
    "adds the loss of predicting the texts, padding left out",
    exactly(() => {
      const body = bodies.Gpt();
      const model = new SequenceClassifier(body, 2, { random, languageWeight: 0.5 });
      const plain = new SequenceClassifier(body, 2, { random });
      const batch = { ...inputs(), labels: classes(1, 0) };
      const next = rows([2, 3, 4, -100], [6, -100, -100, -100]);
      const language = crossEntropy(body.forward(batch.tokens, { lengths: [4, 2] }), next);
      expectClose(model.loss(batch), add(plain.loss(batch), mul(language, 0.5)), { absolute: 1e-12 });
      const untied = new Gpt({ ...config, tiedHead: false }, { random });
      const own = new SequenceClassifier(untied, 2, { random, languageWeight: 0.5 });
      const [gradient] = gradientsOf([own.loss(batch)], [tensor(1)], [untied.head!.weight]);
      expect(gradient!.toTypedArray().some((value) => value !== 0)).toBe(true);
    }),
  );

  test(
    "trains the head alone where the body is frozen",
    exactly(() => {
      const model = new SequenceClassifier(bodies.Bert(), 2, { random });
      freeze(model.body);
      expect(parameters(model)).toEqual(parameters(model.classifier));
      const names = namedTensors(model).map(({ name }) => name);
      expect(names.slice(-2)).toEqual(["classifier.weight", "classifier.bias"]);
      expect(names[0]).toBe("body.tokenEmbedding.weight");
      expect(model.config).toMatchObject({ classes: 2, summary: "pooled", languageWeight: 0, body: config });
    }),
  );

  test(
    "drops only when a key is passed",
    exactly(() => {
      const model = new SequenceClassifier(bodies.Gpt(), 2, { random, dropout: 0.5 });
      const run = (key?: Random) => model.forward(inputs(), { random: key }).toArray();
      expect(run()).toEqual(run());
      expect(run(new Random(1))).toEqual(run(new Random(1)));
      expect(run(new Random(1))).not.toEqual(run(new Random(2)));
      const batch = { ...inputs(), labels: classes(0, 1) };
      const context = { random: new Random(1) };
      expect(model.loss(batch, { ...context, checkpoint: true }).item()).toBe(
        model.loss(batch, context).item(),
      );
    }),
  );

  test(
    "refuses what does not fit",
    exactly(() => {
      const gpt = bodies.Gpt();
      expect(() => new SequenceClassifier(gpt, 0, { random })).toThrow("SequenceClassifier.classes");
      expect(() => new SequenceClassifier(gpt, 2, { random, dropout: 1 })).toThrow("dropout");
      expect(() => new SequenceClassifier(gpt, 2, { random, summary: "pooled" })).toThrow(
        "which only Bert has",
      );
      expect(() => new SequenceClassifier(bodies.Bert(), 2, { random, languageWeight: 1 })).toThrow(
        "a Gpt as the body",
      );
      const model = new SequenceClassifier(gpt, 2, { random });
      expect(() => model.forward({ ...inputs(), segments: inputs().tokens })).toThrow("a Bert as the body");
    }),
  );
});

/** Two examples of two texts each. */
const several = () => ({
  tokens: tensor(Int32Array.of(1, 2, 3, 3, 1, 0, 4, 5, 6, 6, 5, 0), { shape: [2, 2, 3] }),
  lengths: [3, 2, 3, 2],
});

describe("PairClassifier", () => {
  test(
    "adds the vectors of both orders",
    exactly(() => {
      const body = bodies.Gpt();
      const model = new PairClassifier(body, 2, { random });
      const hidden = body.hidden(rows([1, 2, 3]));
      const other = body.hidden(rows([3, 1]));
      const both = add(slice(hidden, [null, 2]), slice(other, [null, 1]));
      const logits = model.forward(several());
      expectClose(slice(logits, [[0, 1]]), model.classifier.forward(both), { absolute: 1e-9 });
      const swapped = {
        tokens: tensor(Int32Array.of(3, 1, 0, 1, 2, 3), { shape: [1, 2, 3] }),
        lengths: [2, 3],
      };
      expectClose(model.forward(swapped), slice(logits, [[0, 1]]), { absolute: 1e-9 });
      const single = new SequenceClassifier(body, 2, { random });
      expectClose(model.forward(inputs()), single.forward(inputs()), { absolute: 1e-12 });
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(() => {
      const body = bodies.Gpt(tiny);
      const model = new PairClassifier(body, 2, { random, languageWeight: 0.5 });
      const f = () => model.loss({ ...several(), labels: classes(1, 0) });
      return { f, inputs: [...parameters(model.classifier), body.blocks[0]!.mlp.project.weight] };
    }, once));
});

describe("MultipleChoice", () => {
  test(
    "compares the scores of the answers",
    exactly(() => {
      const body = bodies.Bert();
      const model = new MultipleChoice(body, { random });
      const segments = tensor(Int32Array.of(0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0), { shape: [2, 2, 3] });
      const logits = model.forward({ ...several(), segments });
      expect(logits.shape).toEqual([2, 2]);
      const alone = body.forward(rows([6, 5]), { segments: rows([0, 1]) });
      expectClose(slice(logits, [1, [1, 2]]), reshape(model.scorer.forward(alone.pooled), [1]), {
        absolute: 1e-9,
      });
      const batch = { ...several(), segments, labels: classes(1, 0) };
      expectClose(model.loss(batch), crossEntropy(logits, batch.labels), { absolute: 1e-12 });
      expect(() => model.forward(inputs())).toThrow("wanted tokens of [B, N, T], got [2, 4]");
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(() => {
      const body = bodies.Bert(tiny);
      const model = new MultipleChoice(body, { random });
      const f = () => model.loss({ ...several(), labels: classes(1, 0) });
      return { f, inputs: [...parameters(model.scorer), body.pooler.weight] };
    }, once));
});

describe("TokenClassifier", () => {
  test(
    "asks where there is a label",
    exactly(() => {
      const model = new TokenClassifier(bodies.Bert(), 3, { random });
      const labels = rows([0, -100, 2, 1], [1, 0, -100, -100]);
      const batch = { ...inputs(), labels };
      expectClose(model.loss(batch), crossEntropy(model.forward(batch), labels), { absolute: 1e-12 });
    }),
  );

  test("has gradients that are right to second order", () =>
    gradcheck(() => {
      const body = bodies.Encoder(tiny);
      const model = new TokenClassifier(body, 2, { random });
      const f = () => model.loss({ ...inputs(), labels: rows([0, -100, 1, 1], [1, 0, -100, -100]) });
      return { f, inputs: [...parameters(model.classifier), body.blocks[0]!.mlp.project.weight] };
    }, once));
});

import { afterAll, describe, expect, it } from "vitest";
import { Bert } from "../../../src/models/bert.ts";
import { Gpt } from "../../../src/models/gpt.ts";
import { MultipleChoice } from "../../../src/models/heads/multipleChoice.ts";
import { SequenceClassifier } from "../../../src/models/heads/sequenceClassifier.ts";
import { TokenClassifier } from "../../../src/models/heads/tokenClassifier.ts";
import { dispose, freeze, parameters } from "../../../src/nn/parameters.ts";
import { AdamW } from "../../../src/optim/adamw.ts";
import { Random } from "../../../src/random.ts";
import { accuracy } from "../../../src/train/metrics.ts";
import { type Example, ExampleBatches, labelledBatch } from "../../../src/train/tasks/exampleBatches.ts";
import { predictClasses, predictTokenClasses } from "../../../src/train/tasks/predict.ts";
import { train } from "../../../src/train/train.ts";
import { fastRuntime } from "../../support/runtimes.ts";

const runtime = fastRuntime();
afterAll(() => {
  expect(runtime.memoryStats().liveTensors).toBe(0);
  runtime.dispose();
});

const random = new Random(2);
const config = { contextLength: 8, vocabSize: 9, layers: 1, heads: 2, width: 8 };
const options = { batch: 8, paddingToken: 0, random, runtime };
const of = (...tokens: number[]) => Int32Array.from(tokens);

/** Texts of symbols 2 to 8; the class is whether there is a 5. */
const examples = Array.from({ length: 40 }, (_, i) => {
  const draw = random.fork(i);
  const tokens = Int32Array.from({ length: draw.integer(0, 2, 8) }, (_, place) =>
    draw.integer(place + 1, 2, 9),
  );
  return { tokens, label: tokens.includes(5) ? 1 : 0 };
});

describe("labelledBatch", () => {
  it("pads texts, segments and labels", () => {
    runtime.scope(() => {
      const batch = labelledBatch(
        [
          { tokens: of(1, 2, 3), segments: of(0, 0, 1), label: of(0, 1, -100) },
          { tokens: of(4), label: of(2) },
        ],
        { paddingToken: 7, runtime },
      );
      expect(batch.tokens.toArray()).toEqual([[1, 2, 3], [4, 7, 7]]); // biome-ignore format: rows
      expect(batch.segments!.toArray()).toEqual([[0, 0, 1], [0, 0, 0]]); // biome-ignore format: rows
      expect(batch.labels.toArray()).toEqual([[0, 1, -100], [2, -100, -100]]); // biome-ignore format: rows
      expect(batch.lengths).toEqual([3, 1]);
    });
  });

  it("keeps the texts of an example together", () => {
    runtime.scope(() => {
      const several = [
        { tokens: [of(1, 2), of(3)], label: 1 },
        { tokens: [of(4), of(5, 6)], label: 0 },
      ];
      const { tokens, labels, lengths, segments } = labelledBatch(several, { paddingToken: 0, runtime });
      expect(tokens.toArray()).toEqual([[[1, 2], [3, 0]], [[4, 0], [5, 6]]]); // biome-ignore format: rows
      expect([labels.toArray(), lengths, segments]).toEqual([[1, 0], [2, 1, 1, 2], undefined]);
      const uneven = [...several, { tokens: [of(1)], label: 0 }];
      expect(() => labelledBatch(uneven, { paddingToken: 0, runtime })).toThrow(
        "2 texts in each example, got [2, 2, 1]",
      );
      const batchOf = (example: Example) => () => labelledBatch([example], { paddingToken: 0, runtime });
      expect(batchOf({ tokens: of(1, 2), segments: of(0), label: 0 })).toThrow("labelledBatch.segments");
      expect(batchOf({ tokens: of(1, 2), label: of(0, 1, 0) })).toThrow("as many as tokens, 2, got [3]");
      expect(batchOf({ tokens: [of(1), of(2, 3)], segments: [of(0), of(0)], label: 0 })).toThrow("1,2");
    });
  });
});

describe("fine-tuning", () => {
  it("gives every example once in an epoch", () => {
    const batches = new ExampleBatches(examples, { ...options, bucketed: true });
    expect(batches.stepsPerEpoch).toBe(5);
    const seen = runtime.scope(() =>
      Array.from({ length: 5 }, (_, step) => {
        const { tokens, lengths } = batches.at(step);
        return (tokens.toArray() as number[][]).map((row, b) => `${row.slice(0, lengths![b])}`);
      }).flat(),
    );
    expect(seen.sort()).toEqual(examples.map(({ tokens }) => `${tokens}`).sort());
  });

  it("learns a class, the whole model or its head, and predicts in order", async () => {
    const model = new SequenceClassifier(new Gpt(config, { random, runtime }), 2, {
      random,
      summary: "mean",
      languageWeight: 0.1,
    });
    const batches = new ExampleBatches(examples, options);
    const optimizer = new AdamW(parameters(model), { learningRate: 0.02 });
    const loss = model.loss.bind(model);
    for await (const _ of train(loss, batches, { optimizer, steps: 60 }));
    const told = await predictClasses(model, examples, { paddingToken: 0, batch: 7 });
    const labels = examples.map(({ label }) => label);
    expect(accuracy(labels, told)).toBe(1);
    const second = await predictClasses(model, [examples[3]!], { paddingToken: 0 });
    expect(second[0]).toBe(told[3]);
    freeze(model.body);
    const headOnly = new AdamW(parameters(model), { learningRate: 0.02 });
    const held = runtime.memoryStats().liveTensors;
    for await (const _ of train(loss, batches, { optimizer: headOnly, steps: 2 }));
    expect(runtime.memoryStats().liveTensors).toBe(held);
    optimizer.dispose();
    headOnly.dispose();
    dispose(model);
  });

  it("predicts classes of tokens and of answers", async () => {
    const tagger = new TokenClassifier(new Bert(config, { random, runtime }), 3, { random });
    const tags = await predictTokenClasses(tagger, examples.slice(0, 5), { paddingToken: 0, batch: 2 });
    expect(tags.map(({ length }) => length)).toEqual(examples.slice(0, 5).map(({ tokens }) => tokens.length));
    const alone = await predictTokenClasses(tagger, [examples[4]!], { paddingToken: 0 });
    expect(alone[0]).toEqual(tags[4]);
    const chooser = new MultipleChoice(tagger.body, { random });
    const questions = [
      { tokens: [of(1, 2), of(1, 3), of(1, 4)] },
      { tokens: [of(1, 3), of(1, 4), of(1, 2)] },
    ];
    const [first, second] = await predictClasses(chooser, questions, { paddingToken: 0 });
    expect(second).toBe((first! + 2) % 3);
    await expect(predictClasses(chooser, questions, { paddingToken: 0, batch: 0 })).rejects.toThrow(
      "from 1 on",
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(predictClasses(chooser, questions, { paddingToken: 0, signal })).rejects.toThrow("enough");
    dispose([tagger, chooser]);
  });
});

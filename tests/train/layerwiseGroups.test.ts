import { expect, test } from "vitest";
import { Bert } from "../../src/models/bert.ts";
import { SequenceClassifier } from "../../src/models/heads/sequenceClassifier.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { freeze, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { add, sum } from "../../src/ops/index.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { Sgd } from "../../src/optim/sgd.ts";
import { Random } from "../../src/random.ts";
import { layerwiseGroups } from "../../src/train/layerwiseGroups.ts";
import { exactly } from "../support/runtimes.ts";

const random = new Random(1);
const config = { contextLength: 4, vocabSize: 7, layers: 3, heads: 1, width: 4 };

/** The learning rate of each parameter by its name. */
function rates(model: object, groups: ReturnType<typeof layerwiseGroups>): Record<string, number> {
  const byTensor = new Map(
    groups.flatMap(({ parameters: own, learningRate }) =>
      own.map((tensor) => [tensor, learningRate] as const),
    ),
  );
  return Object.fromEntries(
    namedTensors(model).flatMap(({ name, tensor }) => {
      const rate = byTensor.get(tensor);
      return rate === undefined ? [] : [[name, rate] as const];
    }),
  );
}

test(
  "rates fall from the head to the embedding",
  exactly(() => {
    const model = new SequenceClassifier(new Bert(config, { random }), 2, { random });
    const groups = layerwiseGroups(model, { learningRate: 1, decay: 0.5 });
    const found = rates(model, groups);
    expect(Object.keys(found)).toHaveLength(parameters(model).length);
    for (const [name, rate] of Object.entries(found)) {
      const block = /blocks\.(\d)/.exec(name)?.[1];
      const expected = name.includes("mbedding") ? 1 / 16 : block ? 0.5 ** (3 - Number(block)) : 1;
      expect([name, rate]).toEqual([name, expected]);
    }
    expect(found["body.pooler.weight"]).toBe(1);
    expect(found["body.blocks.2.mlp.expand.bias"]).toBe(0.5);
    expect(found["body.embeddingNorm.gain"]).toBe(1 / 16);
    expect(groups.map(({ learningRate }) => learningRate)).toEqual([1, 0.5, 0.25, 0.125, 1 / 16]);
  }),
);

test(
  "stacks count for themselves, frozen parameters stay out, and only matrices decay",
  exactly(() => {
    const shared = { ...config, layers: 1, decoderLayers: 2, sourceVocabSize: 7, targetVocabSize: 7 };
    const model = new Seq2Seq(shared, { random });
    const found = rates(model, layerwiseGroups(model, { learningRate: 1, decay: 0.5 }));
    expect(found["encoder.blocks.0.mlp.expand.weight"]).toBe(0.5);
    expect(found["decoder.blocks.0.mlp.expand.weight"]).toBe(0.25);
    expect(found["encoder.tokenEmbedding.weight"]).toBe(0.25);
    expect(found["decoder.tokenEmbedding.weight"]).toBe(0.125);
    freeze(model.encoder);
    const groups = layerwiseGroups(model, { learningRate: 1, decay: 0.5, weightDecay: 0.1 });
    expect(groups.flatMap((group) => group.parameters)).toHaveLength(parameters(model.decoder).length);
    for (const { parameters: own, weightDecay } of groups) {
      for (const { rank } of own) expect(weightDecay).toBe(rank >= 2 ? 0.1 : 0);
    }
    expect(() => layerwiseGroups(model, { learningRate: 1, decay: 0 })).toThrow("layerwiseGroups.decay");
  }),
);

test(
  "any optimizer takes the groups",
  exactly(() => {
    const model = new Bert({ ...config, layers: 1 }, { random });
    const before = namedTensors(model).map(({ tensor }) => tensor.toTypedArray()[0]!);
    const groups = layerwiseGroups(model, { learningRate: 0.1, decay: 0.5 });
    const optimizer = new Sgd(groups, { learningRate: 0.1 });
    optimizer.minimize(() =>
      parameters(model)
        .map((tensor) => sum(tensor))
        .reduce((a, b) => add(a, b)),
    );
    const found = rates(model, groups);
    namedTensors(model).forEach(({ name, tensor }, i) => {
      expect(before[i]! - tensor.toTypedArray()[0]!).toBeCloseTo(found[name]!, 12);
    });
    expect(new AdamW(groups).parameters).toHaveLength(before.length);
  }),
);

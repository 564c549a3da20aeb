import { describe, expect, test } from "vitest";
import {
  Bert,
  type BertConfig,
  type Body,
  Encoder,
  Gpt,
  type GptConfig,
  type HeadOptions,
  MultipleChoice,
  PairClassifier,
  SequenceClassifier,
  type StackConfig,
  TokenClassifier,
} from "../../src/models/index.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { expectGradients, indices, loadWeights, type Nested } from "./tasks.ts";
import { expectNear } from "./torchLayers.ts";

interface Case {
  readonly name: string;
  readonly head: keyof typeof heads;
  readonly body: keyof typeof bodies;
  readonly classes: number;
  readonly languageWeight: number;
  readonly config: object;
  readonly batch: {
    readonly tokens: Nested;
    readonly labels: Nested;
    readonly segments?: Nested;
    readonly lengths: readonly number[];
  };
  readonly logits: GoldenTensor;
  readonly loss: number;
}

const random = new Random(0);

const bodies = {
  Bert: (config: object) => new Bert(config as BertConfig, { random }),
  Encoder: (config: object) => new Encoder(config as StackConfig, { random }),
  Gpt: (config: object) => new Gpt(config as GptConfig, { random }),
} as const;

const heads = {
  SequenceClassifier: (body: Body, classes: number, options: HeadOptions) =>
    new SequenceClassifier(body, classes, options),
  TokenClassifier: (body: Body, classes: number, options: HeadOptions) =>
    new TokenClassifier(body, classes, options),
  PairClassifier: (body: Body, classes: number, options: HeadOptions) =>
    new PairClassifier(body, classes, options),
  MultipleChoice: (body: Body, _: number, options: HeadOptions) => new MultipleChoice(body, options),
} as const;

const { heads: cases } = goldenJson<{ heads: Case[] }>("tasks.json");

function check({ name, head, body, classes, languageWeight, config, batch, ...wanted }: Case): void {
  const model = heads[head](bodies[body](config), classes, { random, languageWeight });
  const trained = loadWeights(model, name);
  const { tokens, labels, segments, lengths } = batch;
  const inputs = {
    tokens: indices(tokens),
    lengths,
    ...(segments === undefined ? {} : { segments: indices(segments) }),
  };
  expectNear("logits", model.forward(inputs), wanted.logits);
  const loss = model.loss({ ...inputs, labels: indices(labels) });
  expectNear("loss", loss, { shape: [], data: [wanted.loss] });
  expectGradients(loss, trained, name);
}

describe.each([
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
] as const)("task heads as plain PyTorch computes them, on %s", (_, makeRuntime) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const runtime = makeRuntime();
    withRuntime(runtime, () => runtime.scope(() => check(one)));
    runtime.dispose();
  });

  test("has every head, and the language loss with each of them", () => {
    const met = (some: readonly Case[]) => [...new Set(some.map(({ head }) => head))].sort();
    expect(met(cases)).toEqual(Object.keys(heads).sort());
    expect(met(cases.filter(({ languageWeight }) => languageWeight > 0))).toEqual(met(cases));
  });
});

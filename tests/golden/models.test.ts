import { describe, expect, test } from "vitest";
import {
  Bert,
  type BertConfig,
  Gpt,
  type GptConfig,
  Seq2Seq,
  type Seq2SeqConfig,
} from "../../src/models/index.ts";
import { loadTensors, namedTensors } from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { bertLoss, seq2seqLoss } from "../../src/train/objectives/index.ts";
import { type GoldenTensor, goldenJson, goldenTensors } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { expectNear, type Numbers } from "./torchLayers.ts";

type Rows = readonly (readonly number[])[];

interface Case {
  readonly name: string;
  readonly config: object;
  readonly data: {
    readonly tokens: Rows;
    readonly targets: Rows;
    readonly segments?: Rows;
    readonly source?: Rows;
    readonly lengths?: readonly number[];
    readonly sourceLengths?: readonly number[];
    readonly targetLengths?: readonly number[];
    readonly pairs?: readonly number[];
  };
  readonly logits: GoldenTensor;
  readonly loss: number;
}

const { cases } = goldenJson<{ cases: Case[] }>("models.json");
const stored = goldenTensors("models.safetensors") as Readonly<Record<string, Numbers>>;

/** Gradients were computed in double precision, and rounded to single when they were stored. */
const ROUNDED = 1e-6;

const indices = (rows: Rows = []) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]?.length ?? 0] });

interface Built {
  readonly model: object;
  readonly logits: () => Tensor;
  readonly loss: () => Tensor;
}

/** The encoder's and the pairs' losses are those of their objectives: masked tokens and pairs, smoothed labels. */
function build({ name, config, data }: Case): Built {
  const options = { random: new Random(0) };
  const [tokens, targets] = [indices(data.tokens), indices(data.targets)];
  if (name === "bert") {
    const model = new Bert(config as BertConfig, options);
    const context = { segments: indices(data.segments), lengths: data.lengths };
    const wanted = { tokens: targets, pairs: tensor(Int32Array.from(data.pairs!)) };
    const batch = { ...context, tokens, targets: wanted, lengths: data.lengths! };
    const logits = () => model.tokenLogits(model.forward(tokens, context).hidden);
    return { model, logits, loss: () => bertLoss(model)(batch, {}) };
  }
  if (name === "seq2seq") {
    const model = new Seq2Seq(config as Seq2SeqConfig, options);
    const [source, sourceLengths] = [indices(data.source), data.sourceLengths!];
    const batch = {
      source,
      sourceLengths,
      target: tokens,
      next: targets,
      targetLengths: data.targetLengths!,
    };
    const logits = () => model.forward(source, tokens, { sourceLengths });
    return { model, logits, loss: () => seq2seqLoss(model)(batch, {}) };
  }
  const model = new Gpt(config as GptConfig, options);
  return { model, logits: () => model.forward(tokens), loss: () => model.loss(tokens, targets) };
}

function check(one: Case): void {
  const { model, logits, loss } = build(one);
  const named = namedTensors(model);
  const at = (name: string, group = "") => stored[`${one.name}/${group}${name}`]!;
  loadTensors(model, Object.fromEntries(named.map(({ name }) => [name, at(name)])));
  expectNear("logits", logits(), one.logits);
  const value = loss();
  expectNear("loss", value, { shape: [], data: [one.loss] });
  const found = gradientsOf([value], [tensor(1)], named.map(({ tensor }) => tensor)); // biome-ignore format: one call
  named.forEach(({ name }, i) => {
    expectNear(`gradient of ${name}`, found[i]!, at(name, "grad/"), ROUNDED);
  });
  expect(named).toHaveLength(
    Object.keys(stored).filter((name) => name.startsWith(`${one.name}/grad/`)).length,
  );
}

describe.each([
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
] as const)("whole models as plain PyTorch computes them, on %s", (_, makeRuntime) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const runtime = makeRuntime();
    withRuntime(runtime, () => runtime.scope(() => check(one)));
    runtime.dispose();
  });
});

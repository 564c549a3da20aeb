import { describe, test } from "vitest";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { CrossAttention, TransformerBlock } from "../../src/nn/index.ts";
import { loadTensors, namedTensors } from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type GoldenTensor, goldenJson, goldenTensors } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { expectNear, lengthsOf, type Numbers, toTensor, translate } from "./torchLayers.ts";

type Named = Readonly<Record<string, GoldenTensor>>;

interface Case {
  readonly name: string;
  readonly kind: "encoder_layer" | "decoder_layer" | "transformer";
  readonly d_model: number;
  readonly nhead: number;
  readonly dim_feedforward: number;
  readonly norm_first: boolean;
  readonly activation: "relu" | "gelu";
  readonly causal: boolean;
  readonly layers?: number;
  readonly inputs: Named;
  readonly keep: Named;
  readonly output: GoldenTensor;
  readonly cotangent: GoldenTensor;
  readonly input_grads: Named;
  /** Names in the file of weights. */
  readonly weights: readonly string[];
}

const { cases } = goldenJson<{ cases: Case[] }>("encoder-decoder.json");
const stored = goldenTensors("encoder-decoder.safetensors") as Readonly<Record<string, Numbers>>;

/** Gradients of weights were computed in double precision, and rounded to single when they were stored. */
const ROUNDED = 1e-6;

/** The weights of a case, or their gradients, under our names. */
function valuesOf({ name, weights }: Case, group: "" | "grad/"): Record<string, Numbers> {
  const entries = weights.map((path) => {
    const own = path.slice(name.length + 1);
    return [own, stored[`${name}/${group}${own}`]!] as const;
  });
  return translate(Object.fromEntries(entries));
}

const sizes = ({ nhead, dim_feedforward, norm_first, activation }: Case) => ({
  heads: nhead,
  hidden: dim_feedforward,
  normOrder: norm_first ? ("pre" as const) : ("post" as const),
  activation,
  random: new Random(0),
});

/** The layer or the model, and how it computes the output of a case. */
function build(one: Case): { readonly model: object; readonly run: (inputs: readonly Tensor[]) => Tensor } {
  const { kind, d_model: width, causal, keep, layers = 1 } = one;
  const lengths = Object.fromEntries(Object.entries(keep).map(([name, mask]) => [name, lengthsOf(mask)]));
  if (kind === "transformer") {
    const model = new Seq2Seq(
      {
        ...sizes(one),
        contextLength: 8,
        width,
        layers,
        finalNorm: true,
        sourceVocabSize: 1,
        targetVocabSize: 1,
      },
      { random: new Random(0) },
    );
    const run = ([source, target]: readonly Tensor[]) => {
      const memory = model.encoder.transform(source!, { lengths: lengths.src });
      return model.decoder.transform(target!, memory, {
        lengths: lengths.tgt,
        memoryLengths: lengths.memory,
      });
    };
    return { model, run };
  }
  const cross = kind === "decoder_layer" ? { crossAttention: CrossAttention } : {};
  const model = new TransformerBlock(width, { ...sizes(one), ...cross, causal });
  const run = ([x, memory]: readonly Tensor[]) =>
    model.forward(x!, { lengths: lengths.src, memory, memoryLengths: lengths.memory });
  return { model, run };
}

function check(one: Case): void {
  const { model, run } = build(one);
  const weights = namedTensors(model).filter(({ name }) => !name.includes("Embedding"));
  const embeddings = namedTensors(model).filter(({ name }) => name.includes("Embedding"));
  const values = valuesOf(one, "");
  const unused = embeddings.map(({ name, tensor }) => [
    name,
    { shape: tensor.shape, data: new Float32Array(tensor.size) },
  ]);
  loadTensors(model, { ...values, ...Object.fromEntries(unused) });

  const inputs = Object.values(one.inputs).map((input) => toTensor(input));
  const y = run(inputs);
  expectNear("output", y, one.output);

  const all = [...inputs, ...weights.map(({ tensor }) => tensor)];
  const found = gradientsOf([y], [toTensor(one.cotangent, false)], all);
  Object.keys(one.inputs).forEach((name, i) => {
    expectNear(`gradient of ${name}`, found[i]!, one.input_grads[name]!);
  });
  const wanted = valuesOf(one, "grad/");
  weights.forEach(({ name }, i) => {
    expectNear(`gradient of ${name}`, found[inputs.length + i]!, wanted[name]!, ROUNDED);
  });
}

describe.each([
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
] as const)("encoder and decoder as PyTorch computes them, on %s", (_, makeRuntime) => {
  const runtime = makeRuntime();
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    withRuntime(runtime, () => runtime.scope(() => check(one)));
  });
});

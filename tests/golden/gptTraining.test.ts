import { describe, expect, test } from "vitest";
import { Gpt } from "../../src/models/gpt.ts";
import { loadTensors, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { AdamW, decayMatricesOnly } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { type GoldenTensor, goldenJson, goldenTensors } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";

interface GoldenRun {
  readonly losses: readonly number[];
  readonly grad_norms: readonly number[];
  readonly loss_after: number;
}

const golden = goldenJson<{
  batches: { x: GoldenTensor; y: GoldenTensor }[];
  f64: GoldenRun;
}>("gpt-train.json");

/** nanoGPT's name of each of our tensors. */
function nanoGptName(name: string): string {
  return name
    .replace("tokenEmbedding", "wte")
    .replace("positionEmbedding", "wpe")
    .replace(/^blocks/, "h")
    .replace(/^norm/, "ln_f")
    .replace("attentionNorm", "ln_1")
    .replace("mlpNorm", "ln_2")
    .replace("attention.queryKeyValue", "attn.c_attn")
    .replace("attention.output", "attn.c_proj")
    .replace("expand", "c_fc")
    .replace("project", "c_proj")
    .replace("gain", "weight");
}

const config = {
  layers: 2,
  heads: 2,
  width: 16,
  vocabSize: 11,
  contextLength: 8,
  activation: "geluTanh",
} as const;

const int32 = ({ data, shape }: GoldenTensor) => tensor(Int32Array.from(data), { shape });

for (const [name, makeRuntime] of Object.entries({ "the f64 reference": exactRuntime, wasm: fastRuntime })) {
  const runtime = makeRuntime();
  const tolerance = runtime.floatType === "f64" ? 1e-9 : 1e-4;
  describe(`ten steps of a small GPT as PyTorch takes them, on ${name}`, () => {
    test(`losses and gradient norms within ${tolerance}`, () =>
      withRuntime(runtime, () => {
        const initial = goldenTensors("gpt-train-init.safetensors");
        const final = goldenTensors("gpt-train-final.safetensors");
        const model = new Gpt(config, { random: new Random(0) });
        const named = namedTensors(model);
        const source = new Map(Object.keys(initial).map((key) => [key.replace("transformer.", ""), key]));
        const keyOf = (ours: string) => source.get(nanoGptName(ours)) ?? nanoGptName(ours);
        const values = named.map(({ name: ours }) => [ours, initial[keyOf(ours)]!] as const);
        loadTensors(model, Object.fromEntries(values) as Parameters<typeof loadTensors>[1]);
        const optimizer = new AdamW(decayMatricesOnly(parameters(model), 0.1), {
          learningRate: 0.01,
          beta1: 0.9,
          beta2: 0.95,
        });
        golden.batches.forEach(({ x, y }, step) => {
          const { loss, gradientNorm } = optimizer.minimize(() => model.loss(int32(x), int32(y)), {
            clipNorm: 1,
          });
          expect(Math.abs(loss / golden.f64.losses[step]! - 1)).toBeLessThan(tolerance);
          expect(Math.abs(gradientNorm / golden.f64.grad_norms[step]! - 1)).toBeLessThan(tolerance);
        });
        const after = runtime.scope(() =>
          model.loss(int32(golden.batches[0]!.x), int32(golden.batches[0]!.y)).item(),
        );
        expect(Math.abs(after / golden.f64.loss_after - 1)).toBeLessThan(tolerance);
        for (const { name: ours, tensor: weight } of named) {
          // The key bias has a gradient of exactly zero in theory, so AdamW makes steps of rounding noise there.
          const keyBias = (i: number) => ours.endsWith("queryKeyValue.bias") && i >= 16 && i < 32;
          const wanted = final[keyOf(ours)]!.data as Float32Array;
          weight.toTypedArray().forEach((value, i) => {
            if (!keyBias(i)) expect(Math.abs(value - wanted[i]!), `${ours}[${i}]`).toBeLessThan(2e-6);
          });
        }
      }));
  });
}

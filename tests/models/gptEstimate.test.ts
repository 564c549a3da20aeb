import { expect, test } from "vitest";
import { OutOfMemoryError } from "../../src/errors.ts";
import { Gpt } from "../../src/models/gpt.ts";
import { type GptConfig, presets } from "../../src/models/gptConfig.ts";
import { estimateMemory, flopsPerToken, gptParameterCount } from "../../src/models/gptEstimate.ts";
import { countParameters, parameters } from "../../src/nn/parameters.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { createRuntime } from "../../src/runtime/default.ts";
import { TokenBatches } from "../../src/train/batches.ts";

test("flopsPerToken of nanoGPT's configuration for a CPU with 65 symbols", () => {
  expect(flopsPerToken(presets.nano)).toBe(5_161_728);
  expect(768 * flopsPerToken(presets.nano)).toBeCloseTo(3.964e9, -6);
});

const shape = { contextLength: 128, vocabSize: 65, layers: 4, heads: 4, width: 128, bias: false } as const;
const configs = {
  ...presets,
  modern: { ...shape, keyHeads: 2, norm: "rms", positions: "rotary", activation: "swiglu" },
  postNorm: { ...shape, normOrder: "post", positions: "sinusoidal", activation: "relu" },
} as const;

test.each([
  ["nano", 12, 64],
  ["nano", 1, 32],
  ["shakespeare", 1, 256],
  ["modern", 4, 64],
  ["modern", 1, 128],
  ["postNorm", 12, 64],
] as const)(
  "a training step of %s at batch %d and context %d takes what the estimate says, within a tenth",
  (name, batch, context) => {
    const runtime = createRuntime();
    const model = new Gpt(configs[name], { random: new Random(1), runtime });
    const tokens = Int32Array.from({ length: 1000 }, (_, i) => (i * 7919) % 65);
    const batches = new TokenBatches(tokens, {
      batch,
      contextLength: context,
      random: new Random(2),
      runtime,
    });
    const optimizer = new AdamW(parameters(model));
    optimizer.minimize(() => {
      const { inputs, targets } = batches.at(0);
      return model.loss(inputs, targets, { random: new Random(3) });
    });
    const { peak } = estimateMemory(configs[name], { mode: "training", batch, context });
    expect(Math.abs(runtime.memoryStats().peakBytes / peak - 1)).toBeLessThan(0.1);
    expect(Math.abs(runtime.memoryStats().reservedBytes / peak - 1)).toBeLessThan(0.1);
  },
);

test("gptParameterCount is what the models hold", () => {
  const runtime = createRuntime();
  const small = { contextLength: 8, vocabSize: 11, layers: 2, heads: 2, width: 6 };
  const modern = { keyHeads: 1, hidden: 20, norm: "rms", positions: "rotary", activation: "swiglu" } as const;
  const forms: Partial<GptConfig>[] = [
    {},
    { tiedHead: false },
    { activation: "swiglu" },
    { ...modern, tiedHead: false, heads: 3 },
    { positions: "sinusoidal", normOrder: "post" },
  ];
  for (const form of [...forms, ...forms.map((one) => ({ ...one, bias: false }))]) {
    const config = { ...small, ...form };
    const model = new Gpt(config, { random: new Random(1), runtime });
    expect(countParameters(model)).toBe(gptParameterCount(config));
  }
  expect(gptParameterCount(presets.gpt1)).toBe(116_534_784);
  expect(gptParameterCount(presets.stories15M)).toBe(15_191_712);
  expect(gptParameterCount(presets.gpt2)).toBe(124_439_808);
  expect(gptParameterCount(presets["gpt2-xl"])).toBe(1_557_611_200);
});

test("what cannot fit is refused by its estimate, with the numbers, before anything is allocated", () => {
  const runtime = createRuntime();
  expect(() => new Gpt(presets["gpt2-xl"], { random: new Random(1), runtime })).toThrow(OutOfMemoryError);
  expect(() => new Gpt(presets["gpt2-xl"], { random: new Random(1), runtime })).toThrow(
    /needs 5941\.8 MiB.*limit is 40/,
  );
  expect(runtime.memoryStats().liveBytes).toBe(0);
  const tight = createRuntime({ maxMemory: 700_000 });
  const config = { contextLength: 8, vocabSize: 100, layers: 2, heads: 2, width: 48 };
  const model = new Gpt(config, { random: new Random(1), runtime: tight });
  const before = tight.memoryStats().liveBytes;
  expect(() => new AdamW(parameters(model))).toThrow(/training with AdamW/);
  expect(tight.memoryStats().liveBytes).toBe(before);
  const { peak } = estimateMemory(presets["gpt2-medium"], { mode: "training", context: 256 });
  expect(peak).toBeGreaterThan(2 ** 32);
});

import {
  AdamW,
  createRuntime,
  decayMatricesOnly,
  estimateMemory,
  Gpt,
  generate,
  parameters,
  presets,
  Random,
  TokenBatches,
  train,
} from "lanegrad";
import { expect, test } from "vitest";

const random = new Random(1);

/** 124 million parameters: some 2 GiB and half a minute of one core. */
test("GPT-2 is built, takes a training step at context 512 within 3 GiB, and generates", {
  timeout: 600_000,
}, async () => {
  const runtime = createRuntime({ maxMemory: 3 * 2 ** 30 });
  const model = new Gpt(presets.gpt2, { random, runtime });
  const tokens = Int32Array.from({ length: 1000 }, (_, i) => (i * 7919) % presets.gpt2.vocabSize);
  const batches = new TokenBatches(tokens, { batch: 1, contextLength: 512, random, runtime });
  const optimizer = new AdamW(decayMatricesOnly(parameters(model), 0.1), { learningRate: 1e-4 });
  for await (const { loss } of train(model, batches, { optimizer, steps: 1, clipNorm: 1 })) {
    // Untrained, every symbol is about as likely as any other.
    expect(Math.abs(loss - Math.log(presets.gpt2.vocabSize))).toBeLessThan(0.3);
  }
  const { peakBytes, reservedBytes } = runtime.memoryStats();
  const { peak } = estimateMemory(presets.gpt2, { mode: "training", batch: 1, context: 512 });
  console.log(
    `GPT-2: peak ${peakBytes / 2 ** 20} MiB, estimated ${peak / 2 ** 20}, reserved ${reservedBytes / 2 ** 20}`,
  );
  expect(Math.abs(peakBytes / peak - 1)).toBeLessThan(0.1);
  expect(reservedBytes).toBeLessThan(3 * 2 ** 30);
  let written = 0;
  for await (const { token } of generate(model, [1, 2, 3], { tokens: 5, random }))
    written += token >= 0 ? 1 : 0;
  expect(written).toBe(5);
  runtime.dispose();
});

import { expect, test } from "vitest";
import { Bert, estimateBertMemory, estimateSeq2SeqMemory, Seq2Seq } from "../../src/models/index.ts";
import { parameters } from "../../src/nn/parameters.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { createRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const random = new Random(1);

/** The most bytes that a step with AdamW held. */
function peakOf(runtime: Runtime, model: object, loss: () => Tensor): number {
  new AdamW(parameters(model)).minimize(loss);
  return runtime.memoryStats().peakBytes;
}

const indices = (batch: number, time: number, runtime: Runtime) =>
  tensor(
    Int32Array.from({ length: batch * time }, (_, i) => (i * 7919) % 60),
    { shape: [batch, time], runtime },
  );

test.each([
  [16, 32, 24, "post"],
  [8, 16, 48, "pre"],
  [1, 8, 8, "post"],
] as const)(
  "a step of an encoder-decoder over %d pairs of %d and %d, norms %s, takes what the estimate says, within a tenth",
  (batch, source, target, normOrder) => {
    const runtime = createRuntime();
    const sizes = { contextLength: 64, layers: 3, decoderLayers: 2, heads: 4, width: 64 };
    const config = { ...sizes, sourceVocabSize: 60, targetVocabSize: 80, normOrder };
    const model = new Seq2Seq(config, { random, runtime });
    const peak = peakOf(runtime, model, () => {
      const [from, to] = [indices(batch, source, runtime), indices(batch, target, runtime)];
      return model.loss(from, to, to, { labelSmoothing: 0.1 });
    });
    const estimate = estimateSeq2SeqMemory(config, { batch, source, target });
    expect(Math.abs(peak / estimate.peak - 1)).toBeLessThan(0.1);
  },
);

test.each([
  [16, 32],
  [1, 16],
])(
  "a step of a BERT over %d sequences of %d takes what the estimate says, within a tenth",
  (batch, context) => {
    const runtime = createRuntime();
    const config = { contextLength: 64, layers: 3, heads: 4, width: 64, vocabSize: 500, dropout: 0.1 };
    const model = new Bert(config, { random, runtime });
    const peak = peakOf(runtime, model, () => {
      const masked = Int32Array.from({ length: batch * context }, (_, i) => (i % 7 === 0 ? 3 : -100));
      const targets = { tokens: tensor(masked, { shape: [batch, context], runtime }) };
      return model.loss(indices(batch, context, runtime), targets, { random });
    });
    const estimate = estimateBertMemory(config, { batch, context });
    expect(Math.abs(peak / estimate.peak - 1)).toBeLessThan(0.1);
  },
);

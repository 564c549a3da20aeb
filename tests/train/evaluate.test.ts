import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import type { Gpt } from "../../src/models/gpt.ts";
import { Random } from "../../src/random.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { TokenBatches } from "../../src/train/batches.ts";
import { estimateLoss, evaluate } from "../../src/train/evaluate.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { tinyGpt, tinyText } from "../support/tinyGpt.ts";

const runtime = exactRuntime();
const model = tinyGpt(runtime);
const live = runtime.memoryStats().liveTensors;
afterAll(() => {
  expect(runtime.memoryStats().liveTensors).toBe(live);
  runtime.dispose();
});

/** The loss of one window of T + 1 symbols, run alone. */
function windowLoss(of: Gpt, window: Int32Array): number {
  const row = (data: Int32Array) => tensor(data, { shape: [1, data.length], runtime });
  return runtime.scope(() => of.loss(row(window.slice(0, -1)), row(window.slice(1))).item());
}

describe("evaluate", () => {
  it.each([7, 12, 13, 14, 100, 18 * 6 + 1])("is the mean over all full windows of %i symbols", async (n) => {
    const text = tinyText(n);
    const count = Math.floor((n - 1) / 6);
    const alone = Array.from({ length: count }, (_, i) => windowLoss(model, text.slice(6 * i, 6 * i + 7)));
    const { loss, windows, perplexity, bitsPerToken } = await evaluate(model, text);
    expect(windows).toBe(count);
    const mean = alone.reduce((sum, one) => sum + one, 0) / count;
    expectClose([loss, perplexity, bitsPerToken], [mean, Math.exp(mean), mean / Math.LN2], {
      relative: 1e-12,
    });
  });

  it("refuses a text without a full window", async () => {
    await expect(evaluate(model, tinyText(6))).rejects.toThrow(ArgumentError);
    await expect(evaluate(model, tinyText(6))).rejects.toThrow("wanted a text of more than 6 symbols, got 6");
  });

  it("stops at a signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(evaluate(model, tinyText(50), { signal })).rejects.toThrow("enough");
  });
});

describe("estimateLoss", () => {
  const options = { batch: 2, contextLength: 6, random: new Random(1), runtime };
  const batches = new TokenBatches(tinyText(100), options);

  it("is the mean over the first batches, the same each time", async () => {
    const alone = [0, 1, 2].map((i) =>
      runtime.scope(() => {
        const { inputs, targets } = batches.at(i);
        return model.loss(inputs, targets).item();
      }),
    );
    const estimate = await estimateLoss(model, batches, 3);
    expectClose(estimate, alone.reduce((sum, one) => sum + one, 0) / 3, { relative: 1e-14 });
    expect(await estimateLoss(model, batches, 3)).toBe(estimate);
  });

  it("stops at a signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(estimateLoss(model, batches, 0)).rejects.toThrow("estimateLoss.count");
    await expect(estimateLoss(model, batches, 3, { signal })).rejects.toThrow("enough");
  });
});

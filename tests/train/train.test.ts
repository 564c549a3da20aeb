import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError, NonFiniteError } from "../../src/errors.ts";
import type { Gpt } from "../../src/models/gpt.ts";
import { namedTensors, parameters } from "../../src/nn/parameters.ts";
import { mul } from "../../src/ops/mul.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { cosine } from "../../src/optim/schedules.ts";
import { Random } from "../../src/random.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { type Batches, TokenBatches } from "../../src/train/batches.ts";
import { type TrainOptions, type TrainStep, train } from "../../src/train/train.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { tinyGpt, tinyText } from "../support/tinyGpt.ts";

const runtime = exactRuntime();
afterAll(() => runtime.dispose());

const batchesFor = (home: Runtime, batch = 2) =>
  new TokenBatches(tinyText(200), { batch, contextLength: 6, random: new Random(4), runtime: home });

const adamw = (model: Gpt) => new AdamW(parameters(model), { learningRate: 0.01 });

const weights = (model: Gpt) => namedTensors(model).map(({ tensor }) => tensor.toTypedArray());

async function steps(model: Gpt, batches: Batches, options: TrainOptions): Promise<TrainStep[]> {
  const all: TrainStep[] = [];
  for await (const step of train(model, batches, options)) all.push(step);
  return all;
}

describe("train", () => {
  it("lowers the loss, and counts from where the optimizer is", async () => {
    const model = tinyGpt(runtime);
    const optimizer = adamw(model);
    const same = { tokensPerBatch: 12, at: () => batchesFor(runtime).at(0) };
    const first = await steps(model, same, { optimizer, steps: 10 });
    expect(first.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const second = await steps(model, same, { optimizer, steps: 12 });
    expect(second.map(({ step }) => step)).toEqual([11, 12]);
    expect(second[1]!.loss).toBeLessThan(0.9 * first[0]!.loss);
    expect(second[1]!.tokensPerSecond).toBeGreaterThan(0);
    expect(await steps(model, same, { optimizer, steps: 12 })).toEqual([]);
  });

  it("takes from several micro-batches the gradient of one batch as large as all", async () => {
    const whole = batchesFor(runtime, 4);
    const halves: Batches = {
      tokensPerBatch: whole.tokensPerBatch / 2,
      at(index) {
        const { inputs, targets } = whole.at(Math.floor(index / 2));
        const half = (data: number[][]) =>
          tensor(index % 2 === 0 ? data.slice(0, 2) : data.slice(2), { dtype: "i32", runtime });
        return {
          inputs: half(inputs.toArray() as number[][]),
          targets: half(targets.toArray() as number[][]),
        };
      },
    };
    const [one, two] = [tinyGpt(runtime), tinyGpt(runtime)];
    const options = { steps: 3, clipNorm: 0.5 };
    const atOnce = await steps(one, whole, { ...options, optimizer: adamw(one) });
    const inParts = await steps(two, halves, { ...options, optimizer: adamw(two), microBatches: 2 });
    expect(inParts).toHaveLength(3);
    inParts.forEach(({ loss, gradientNorm }, i) => {
      expectClose([loss, gradientNorm], [atOnce[i]!.loss, atOnce[i]!.gradientNorm], { relative: 1e-12 });
    });
    weights(two).forEach((values, i) => {
      expectClose(values, weights(one)[i]!, { relative: 1e-9, absolute: 1e-9 });
    });
  });

  it("sets the schedule's rate before each step", async () => {
    const model = tinyGpt(runtime);
    const schedule = cosine({ peak: 0.1, minimum: 0.01, steps: 5, warmup: 2 });
    const done = await steps(model, batchesFor(runtime), { optimizer: adamw(model), steps: 5, schedule });
    expect(done.map(({ learningRate }) => learningRate)).toEqual(
      [0, 1, 2, 3, 4].map((step) => schedule.at(step)),
    );
  });

  it("goes on with the same bits wherever it was stopped, dropout included", async () => {
    const fast = fastRuntime();
    const finish = async (stops: readonly number[]) => {
      const model = tinyGpt(fast, { dropout: 0.2 });
      const optimizer = adamw(model);
      for (const stop of stops) {
        await steps(model, batchesFor(fast), { optimizer, steps: stop, clipNorm: 1, random: new Random(9) });
      }
      return weights(model);
    };
    const atOnce = await finish([6]);
    expect(await finish([1, 4, 6])).toEqual(atOnce);
    expect(await finish([5])).not.toEqual(atOnce);
    fast.dispose();
  });

  it("ends with the signal's reason and leaves the model as the last step left it", async () => {
    const model = tinyGpt(runtime);
    const optimizer = adamw(model);
    const controller = new AbortController();
    let last: ReturnType<typeof weights> = [];
    const aborted = async () => {
      const options = { optimizer, steps: 9, signal: controller.signal };
      for await (const { step } of train(model, batchesFor(runtime), options)) {
        last = weights(model);
        if (step === 2) controller.abort(new Error("enough"));
      }
    };
    await expect(aborted()).rejects.toThrow("enough");
    expect(optimizer.step).toBe(2);
    expect(weights(model)).toEqual(last);
  });

  it("leaves nothing behind when somebody breaks out, nor while two trainings take turns", async () => {
    const [one, two] = [tinyGpt(runtime), tinyGpt(runtime, { width: 12 })];
    const begin = (model: Gpt) => train(model, batchesFor(runtime), { optimizer: adamw(model), steps: 9 });
    const [first, second] = [begin(one), begin(two)];
    const before = runtime.memoryStats();
    for await (const { step } of first) {
      await second.next();
      if (step === 3) break;
    }
    await second.return(undefined);
    const { liveTensors, liveBytes } = runtime.memoryStats();
    expect({ liveTensors, liveBytes }).toEqual({
      liveTensors: before.liveTensors,
      liveBytes: before.liveBytes,
    });
  });

  it("stops where the loss is not finite, before anything is updated", async () => {
    const model = tinyGpt(runtime);
    const optimizer = adamw(model);
    const batches = batchesFor(runtime);
    let before: ReturnType<typeof weights> = [];
    const breaking = {
      loss: (...given: Parameters<Gpt["loss"]>) =>
        mul(model.loss(...given), optimizer.step === 2 ? Number.NaN : 1),
    };
    const live = runtime.memoryStats().liveTensors;
    const run = async () => {
      for await (const _ of train(breaking, batches, { optimizer, steps: 9 })) before = weights(model);
    };
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as Error).message).toBe("step 3: the loss is NaN; nothing was updated");
    expect(optimizer.step).toBe(2);
    expect(weights(model)).toEqual(before);
    expect(runtime.memoryStats().liveTensors).toBe(live);
  });

  it("refuses a number of steps that is none", async () => {
    const model = tinyGpt(runtime);
    for (const count of [-1, 1.5, Number.NaN]) {
      const run = steps(model, batchesFor(runtime), { optimizer: adamw(model), steps: count });
      await expect(run).rejects.toThrow(ArgumentError);
    }
  });
});

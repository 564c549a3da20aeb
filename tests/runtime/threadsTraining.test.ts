import { expect, it } from "vitest";
import { Gpt } from "../../src/models/gpt.ts";
import { namedTensors, parameters } from "../../src/nn/parameters.ts";
import { AdamW, decayMatricesOnly } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { threads } from "../../src/threads/index.ts";

const STEPS = 4;
const [BATCH, TIME, VOCABULARY] = [8, 32, 65];

/** A short training of a small GPT: its losses, and the bits of all its weights. */
async function trainOn(count: number) {
  const runtime = createRuntime({ threads: threads(count) });
  await runtime.ready;
  expect(runtime.threads).toBe(count);
  const config = { contextLength: TIME, vocabSize: VOCABULARY, layers: 2, heads: 4, width: 64, dropout: 0.1 };
  const result = withRuntime(runtime, () => {
    const random = new Random(1337);
    const model = new Gpt(config, { random });
    const optimizer = new AdamW(decayMatricesOnly(parameters(model), 0.1), { learningRate: 1e-2 });
    const windows = Array.from({ length: BATCH }, (_, b) =>
      Array.from({ length: TIME + 1 }, (_, t) => random.integer(b * 64 + t, 0, VOCABULARY)),
    );
    const batch = (shift: number) =>
      tensor(
        windows.map((window) => window.slice(shift, shift + TIME)),
        { dtype: "i32" },
      );
    const losses = Array.from({ length: STEPS }, (_, step) =>
      optimizer.minimize(() => model.loss(batch(0), batch(1), { random: random.fork(step) }), {
        clipNorm: 1,
      }),
    );
    const weights = namedTensors(model).map(({ name, tensor: weight }) => {
      return [name, new Int32Array(weight.toTypedArray().buffer)] as const;
    });
    return { losses, weights };
  });
  runtime.dispose();
  return result;
}

it("trains to the same bits on 1, 2, 3 and 4 threads", async () => {
  const wanted = await trainOn(1);
  expect(wanted.losses.at(-1)!.loss).toBeLessThan(wanted.losses[0]!.loss);
  for (const count of [2, 3, 4]) expect(await trainOn(count)).toEqual(wanted);
});

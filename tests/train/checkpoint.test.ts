import { afterAll, describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { writeSafetensors } from "../../src/io/safetensors.ts";
import { loadTensors, namedTensors, parameters } from "../../src/nn/parameters.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { TokenBatches } from "../../src/train/batches.ts";
import { readCheckpoint, readModel, writeCheckpoint } from "../../src/train/checkpoint.ts";
import { train } from "../../src/train/train.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { tinyGpt, tinyText } from "../support/tinyGpt.ts";

const runtimes = [fastRuntime(), exactRuntime()];
afterAll(() => {
  for (const runtime of runtimes) runtime.dispose();
});

async function trained(runtime = runtimes[0]!, steps = 3) {
  const model = tinyGpt(runtime);
  const optimizer = new AdamW(parameters(model), { learningRate: 0.01 });
  const options = { batch: 2, contextLength: 6, random: new Random(2), runtime };
  const batches = new TokenBatches(tinyText(99), options);
  for await (const _ of train(model, batches, { optimizer, steps }));
  return { model, optimizer };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a checkpoint", () => {
  it.each(runtimes.map((runtime) => [runtime.floatType, runtime] as const))(
    "brings model and optimizer back bit for bit in %s",
    async (_, runtime) => {
      const { model, optimizer } = await trained(runtime);
      const files = writeCheckpoint(model, optimizer, { seed: 5 });
      const { config, model: weights, optimizer: state, trainer } = readCheckpoint(files);
      const again = tinyGpt(runtime, config as object);
      loadTensors(again, weights);
      const optimizerAgain = new AdamW(parameters(again), { learningRate: 0.01 });
      optimizerAgain.load(state);
      expect(optimizerAgain.step).toBe(3);
      expect(trainer).toEqual({ seed: 5 });
      expect(namedTensors(again).map(({ tensor }) => tensor.toTypedArray())).toEqual(
        namedTensors(model).map(({ tensor }) => tensor.toTypedArray()),
      );
      expect(writeCheckpoint(again, optimizerAgain, { seed: 5 })).toEqual(files);
    },
  );

  it("is four files", async () => {
    const { model, optimizer } = await trained();
    const files = writeCheckpoint(model, optimizer, {});
    expect(Object.keys(files).sort()).toEqual([
      "config.json",
      "model.safetensors",
      "optimizer.safetensors",
      "trainer.json",
    ]);
    expect(JSON.parse(new TextDecoder().decode(files["config.json"]))).toEqual(model.config);
  });

  it("gives a model to use without the optimizer's file", async () => {
    const { model, optimizer } = await trained();
    const { "optimizer.safetensors": _, ...files } = writeCheckpoint(model, optimizer, { seed: 5 });
    const { config, model: weights, trainer } = readModel(files);
    const again = tinyGpt(runtimes[0]!, config as object);
    loadTensors(again, weights);
    expect(trainer).toEqual({ seed: 5 });
    expect(namedTensors(again).map(({ tensor }) => tensor.toTypedArray())).toEqual(
      namedTensors(model).map(({ tensor }) => tensor.toTypedArray()),
    );
    expect(() => readCheckpoint(files)).toThrow("optimizer.safetensors: checkpoint: the file is missing");
  });

  it("is refused where a file lacks or breaks its format", async () => {
    const { model, optimizer } = await trained();
    const files = writeCheckpoint(model, optimizer, {});
    const half = { f16: { dtype: "f16", shape: [1], data: Uint16Array.of(1) } } as const;
    const broken: [name: string, content: Uint8Array, message: string][] = [
      ["model.safetensors", bytes("no"), "model.safetensors"],
      ["model.safetensors", writeSafetensors(half), "a checkpoint holds F32, F64 or I32, not f16"],
      ["optimizer.safetensors", writeSafetensors({}), '"step" is a whole number, not undefined'],
      ["optimizer.safetensors", writeSafetensors({}, { step: "-1" }), 'not "-1"'],
      ["config.json", bytes("{"), "config.json: text: JSON in UTF-8"],
      ["config.json", Uint8Array.of(0xff), "config.json: text: JSON in UTF-8"],
      ["trainer.json", bytes("[]"), "trainer.json: top level: an object"],
      ["trainer.json", bytes("null"), "trainer.json: top level: an object"],
    ];
    for (const [name, content, message] of broken) {
      expect(() => readCheckpoint({ ...files, [name]: content })).toThrow(FormatError);
      expect(() => readCheckpoint({ ...files, [name]: content })).toThrow(message);
    }
    for (const name of Object.keys(files)) {
      const { [name]: _, ...rest } = files;
      expect(() => readCheckpoint(rest)).toThrow(`${name}: checkpoint: the file is missing`);
    }
  });
});

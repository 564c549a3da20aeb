import { afterAll, describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { addLora, loraTensors, mergeLora, removeLora } from "../../src/nn/lora.ts";
import { namedTensors, parameters } from "../../src/nn/parameters.ts";
import { quantize } from "../../src/nn/quantize.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { Random } from "../../src/random.ts";
import { TokenBatches } from "../../src/train/batches.ts";
import { readLora, writeLora } from "../../src/train/loraFile.ts";
import { train } from "../../src/train/train.ts";
import { fastRuntime } from "../support/runtimes.ts";
import { tinyGpt, tinyText } from "../support/tinyGpt.ts";

const runtime = fastRuntime();
afterAll(() => runtime.dispose());

const options = { match: /queryKeyValue$|expand$/, rank: 2, alpha: 3, dropout: 0.25, random: new Random(1) };

async function adapted() {
  const model = tinyGpt(runtime);
  addLora(model, options);
  const batches = new TokenBatches(tinyText(99), {
    batch: 2,
    contextLength: 6,
    random: new Random(2),
    runtime,
  });
  const optimizer = new AdamW(parameters(model), { learningRate: 0.05 });
  for await (const _ of train(model, batches, { optimizer, steps: 3 }));
  optimizer.dispose();
  return model;
}

const values = (model: object) =>
  Object.fromEntries(namedTensors(model).map(({ name, tensor }) => [name, tensor.toTypedArray()]));

describe("an adapter's file", () => {
  it("is read over weights of 8 bits, which stay so", async () => {
    const bytes = writeLora(await adapted());
    const base = tinyGpt(runtime);
    quantize(base);
    const frozen = values(base);
    readLora(base, bytes);
    expect(values(base)).toMatchObject(frozen);
    expect(parameters(base)).toHaveLength(8);
    expect(writeLora(base)).toEqual(bytes);
  });

  it("makes of the base model the adapted one, bit for bit", async () => {
    const model = await adapted();
    const bytes = writeLora(model);
    const { tensors, metadata } = readSafetensors(bytes);
    expect(Object.keys(tensors).sort()).toEqual(loraTensors(model).map(({ name }) => name).sort()); // biome-ignore format: one list
    expect(metadata["blocks.0.mlp.expand.alpha"]).toBe("3");
    const base = tinyGpt(runtime);
    readLora(base, bytes);
    expect(values(base)).toEqual(values(model));
    expect(base.blocks[1]!.mlp.expand.adapter).toMatchObject({
      alpha: 3,
      dropout: 0.25,
      rank: 2,
      merged: false,
    });
    expect(parameters(base)).toHaveLength(8);
    expect(writeLora(base)).toEqual(bytes);
    readLora(base, bytes);
    expect(values(base)).toEqual(values(model));
    const live = runtime.memoryStats().liveTensors;
    removeLora(base);
    expect(runtime.memoryStats().liveTensors).toBe(live - 8);
  });

  it("is refused where it does not fit, and the model stays as it was", async () => {
    const model = await adapted();
    const bytes = writeLora(model);
    const { tensors, metadata } = readSafetensors(bytes);
    const before = values(model);
    const expectRefused = (changed: Uint8Array, why: string, of = model) => {
      expect(() => readLora(of, changed)).toThrow(why);
      expect(values(model)).toEqual(before);
    };
    const path = "blocks.0.mlp.expand";
    const { [`${path}.adapter.up`]: up, ...withoutUp } = tensors;
    expectRefused(writeSafetensors(withoutUp, metadata), `${path}: down of [r, 8] and up of [32, r]`);
    expectRefused(writeSafetensors({ ...tensors, "blocks.9.mlp.expand.adapter.up": up! }, metadata), "a linear layer of the model"); // biome-ignore format: one case
    const { [`${path}.alpha`]: _, ...withoutAlpha } = metadata;
    expectRefused(writeSafetensors(tensors, withoutAlpha), `${path}.alpha`);
    const outside = { ...metadata, [`${path}.dropout`]: "1" };
    expectRefused(writeSafetensors(tensors, outside), `${path}.dropout: a share from 0 to below 1`);
    const none = { dtype: "f32", data: new Float32Array(0) } as const;
    const empty = {
      ...tensors,
      [`${path}.adapter.down`]: { ...none, shape: [0, 8] },
      [`${path}.adapter.up`]: { ...none, shape: [32, 0] },
    };
    expectRefused(writeSafetensors(empty, metadata), `${path}: down of [r, 8]`);
    expectRefused(bytes, "down of [r, 4]", tinyGpt(runtime, { width: 4 }));
    mergeLora(model);
    expect(() => readLora(model, bytes)).toThrow("call unmergeLora first");
  });
});

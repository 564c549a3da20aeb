import { describe, expect, it } from "vitest";
import { OutOfMemoryError } from "../../src/errors.ts";
import { gptWeightSize } from "../../src/models/gptEstimate.ts";
import { Gpt, presets } from "../../src/models/index.ts";
import { dispose, Linear, loadTensors, namedTensors, parameters, quantize } from "../../src/nn/index.ts";
import { linear } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, defaultRuntime, scope } from "../../src/runtime/default.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";

const config = { ...presets.nano, layers: 2, width: 32, contextLength: 8 };
const make = () => new Gpt(config, { random: new Random(1) });
const tokens = () => tensor(Int32Array.of(3, 1, 4, 1, 5, 9), { shape: [1, 6] });

/** A model's tensors as a file would hold them. */
const valuesOf = (model: object) =>
  Object.fromEntries(
    namedTensors(model).map(({ name, tensor: t }) => [name, { shape: t.shape, data: t.toTypedArray() }]),
  );

onEveryRuntime("a quantised layer", (test) => {
  test("is near the one that it was, and trains no weight", () => {
    const random = new Random(2);
    const layer = new Linear(24, 5, { random });
    const x = randomNormal([3, 24], { random: random.fork("x") });
    const before = linear(x, layer.weight, layer.bias!).toTypedArray();
    layer.quantize();
    const after = layer.forward(x).toTypedArray();
    after.forEach((value, i) => {
      expect(Math.abs(value - before[i]!)).toBeLessThan(0.02);
    });
    expect(parameters(layer)).toEqual([layer.bias]);
    expect(layer.weight.shape).toEqual([5, 6]);
    layer.quantize();
    expect(layer.forward(x).toTypedArray()).toEqual(after);
    dispose(layer);
  });
});

describe("quantize", () => {
  it("changes the linear layers that match, once", () => {
    const model = make();
    expect(quantize(model, { match: (path) => path.includes("mlp") })).toBe(4);
    expect(quantize(model)).toBe(4);
    expect(quantize(model)).toBe(0);
    dispose(model);
  });

  it("keeps what a model says, in less memory", () => {
    const runtime = defaultRuntime();
    const model = make();
    const exact = scope(() => model.forward(tokens()).toTypedArray());
    const before = runtime.memoryStats().liveBytes;
    quantize(model);
    const saved = before - runtime.memoryStats().liveBytes;
    expect(saved).toBeGreaterThan(0.7 * 4 * 2 * 12 * 32 * 32);
    const near = scope(() => model.forward(tokens()).toTypedArray());
    const distance = Math.max(...Array.from(near, (value, i) => Math.abs(value - exact[i]!)));
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThan(0.02);
    dispose(model);
  });

  it("lets a model be made where its floats would not fit", () => {
    const runtime = createRuntime({ maxMemory: 2.5 * 2 ** 20 });
    const large = { ...config, layers: 4, width: 128 };
    const options = { random: new Random(1), runtime };
    expect(() => new Gpt(large, options)).toThrow(OutOfMemoryError);
    const model = new Gpt(large, { ...options, weights: "int8" });
    expect(runtime.memoryStats().liveBytes).toBeLessThan(1.1 * 4 * gptWeightSize(large, "int8"));
    dispose(model);
    runtime.dispose();
  });

  it("is what a file holds and a new model loads", () => {
    const model = make();
    quantize(model);
    const values = valuesOf(model);
    expect(Object.keys(values)).toContain("blocks.0.attention.queryKeyValue.scales");
    const wanted = scope(() => model.forward(tokens()).toTypedArray());
    for (const weights of ["f32", "int8"] as const) {
      const other = new Gpt(config, { random: new Random(9), initial: "zeros", weights });
      loadTensors(other, values);
      expect(scope(() => other.forward(tokens()).toTypedArray())).toEqual(wanted);
      dispose(other);
    }
    dispose(model);
  });
});

import { expect } from "vitest";
import { layerNorm } from "../../src/ops/layerNorm.ts";
import { rmsNorm } from "../../src/ops/rmsNorm.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { ones, tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { normCases } from "./cases/norm.ts";

opSuite(normCases);

onEveryRuntime("layerNorm", (test) => {
  test("centres and scales each row, then applies gain and bias", () => {
    const x = tensor([
      [1, 2, 3],
      [10, 10, 10],
    ]);
    const root = Math.sqrt(1.5);
    const gain = tensor([1, 2, 3]);
    const bias = tensor([0, 1, 0]);
    expectClose(layerNorm(x, { eps: 0 }).toArray(), [
      [-root, 0, root],
      [Number.NaN, Number.NaN, Number.NaN],
    ]);
    expectClose(layerNorm(x, { gain, bias, eps: 1e-9 }), [
      [-root, 1, 3 * root],
      [0, 1, 0],
    ]);
  });

  test("has an eps of 1e-5 unless told otherwise", () => {
    const x = tensor([0, 0.002]);
    expectClose(layerNorm(x), [-0.001 / Math.sqrt(1.1e-5), 0.001 / Math.sqrt(1.1e-5)]);
  });

  test("finds the variance of values far from 0", () => {
    expectClose(layerNorm(tensor([1000, 1001, 1002]), { eps: 0 }), [-Math.sqrt(1.5), 0, Math.sqrt(1.5)]);
  });

  test("gives gain and bias zeros as gradients where there are no rows", () => {
    const [x, gain, bias] = [zeros([0, 3]), ones([3]), zeros([3])];
    for (const t of [x, gain, bias]) t.requiresGrad = true;
    const y = layerNorm(x, { gain, bias });
    const [dGain, dBias] = gradientsOf([y], [zeros([0, 3])], [gain, bias]);
    expect(dGain!.toArray()).toEqual([0, 0, 0]);
    expect(dBias!.toArray()).toEqual([0, 0, 0]);
  });

  test("gives gradients to those that want one", () => {
    const x = tensor([[1, 2, 4]]);
    const gain = tensor([1, 2, 3], { requiresGrad: true });
    const bias = tensor([0, 0, 0], { requiresGrad: true });
    const [dBias] = gradientsOf([layerNorm(x, { bias })], [tensor([[1, 2, 3]])], [bias]);
    expectClose(dBias!, [1, 2, 3]);
    const normalized = layerNorm(x).toArray() as number[][];
    const [dGain] = gradientsOf([layerNorm(x, { gain })], [ones([1, 3])], [gain]);
    expectClose(dGain!, normalized[0]!);
  });

  test("refuses what does not fit", () => {
    const x = zeros([2, 3]);
    expect(() => layerNorm(x, { gain: ones([2]) })).toThrow("a gain of [3] for x of [..., 3], got [2]");
    expect(() => layerNorm(x, { bias: ones([1, 3]) })).toThrow("a bias of [3] for x of [..., 3], got [1, 3]");
    expect(() => layerNorm(x, { eps: -1 })).toThrow("layerNorm: wanted an eps of 0 or more, got -1");
    expect(() => layerNorm(zeros([]))).toThrow("layerNorm: wanted x of [..., C], got []");
    expect(() => layerNorm(zeros([3], { dtype: "i32" }))).toThrow("layerNorm: wanted floats, got i32");
  });
});

onEveryRuntime("rmsNorm", (test) => {
  test("divides each row by its root mean square, then applies the gain", () => {
    const x = tensor([
      [3, 4],
      [0, 0],
    ]);
    const root = Math.sqrt(12.5);
    expectClose(rmsNorm(x, { gain: tensor([1, 2]), eps: 1e-9 }), [
      [3 / root, 8 / root],
      [0, 0],
    ]);
  });

  test("has an eps of 1e-5 unless told otherwise", () => {
    expectClose(rmsNorm(tensor([0.001])), [0.001 / Math.sqrt(1.1e-5)]);
  });

  test("gives the gain zeros as gradient where there are no rows", () => {
    const gain = ones([3], { requiresGrad: true });
    const [dGain] = gradientsOf([rmsNorm(zeros([0, 3]), { gain })], [zeros([0, 3])], [gain]);
    expect(dGain!.toArray()).toEqual([0, 0, 0]);
  });

  test("refuses what does not fit", () => {
    expect(() => rmsNorm(zeros([2, 3]), { gain: ones([2]) })).toThrow("rmsNorm: wanted a gain of [3]");
    expect(() => rmsNorm(zeros([2, 3]), { eps: Number.NaN })).toThrow("rmsNorm: wanted an eps of 0 or more");
    expect(() => rmsNorm(zeros([]))).toThrow("rmsNorm: wanted x of [..., C], got []");
  });
});

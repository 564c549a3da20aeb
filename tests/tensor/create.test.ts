import { describe, expect, it } from "vitest";
import { ArgumentError, DTypeError, ShapeError } from "../../src/errors.ts";
import { exp } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import {
  arange,
  eye,
  full,
  oneHot,
  ones,
  onesLike,
  parameter,
  randomNormal,
  randomUniform,
  tensor,
  zeros,
  zerosLike,
} from "../../src/tensor/create.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { onExact } from "../support/onExact.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";

onEveryRuntime("creation", (test) => {
  test("takes nested arrays, whose depth is the rank", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([x.shape, x.rank, x.size, x.byteLength]).toEqual([[2, 3], 2, 6, 6 * x.runtime.slotBytes]);
    expect(x.dtype).toBe(x.runtime.floatType);
    expect(x.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(tensor(7).item()).toBe(7);
    expect(tensor(7).toArray()).toBe(7);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor([[], []]).toArray()).toEqual([[], []]);
    expect(tensor([true, false]).toArray()).toEqual([1, 0]);
  });

  test("takes typed arrays with a shape", () => {
    expect(tensor(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(Uint8Array.of(255, 1)).toArray()).toEqual([255, 1]);
    const ids = tensor(Int32Array.of(-1, 2 ** 31 - 1));
    expect(ids.dtype).toBe("i32");
    expect(ids.toTypedArray()).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    expect(tensor([3, 4], { dtype: "i32" }).toTypedArray()).toEqual(Int32Array.of(3, 4));
  });

  test("refuses ragged arrays, data that does not fill the shape, and what are no numbers", () => {
    for (const ragged of [
      [[1, 2], [3]],
      [1, [2]],
      [[1], 2],
      [[], [1]],
    ]) {
      expect(() => tensor(ragged as number[])).toThrow(ShapeError);
    }
    expect(() => tensor(Float32Array.of(1, 2), { shape: [3] })).toThrow(/3 numbers/);
    expect(() => tensor(["1"] as never)).toThrow(/numbers or booleans, got "1"/);
    expect(() => tensor(BigInt64Array.of(1n))).toThrow(ArgumentError);
    expect(() => tensor([1.5], { dtype: "i32" })).toThrow(/32-bit integers/);
    expect(() => tensor([2 ** 31], { dtype: "i32" })).toThrow(/32-bit integers/);
    expect(() => zeros([-1])).toThrow(/sizes from 0/);
    expect(() => zeros([1.5])).toThrow(/sizes from 0/);
  });

  test("fills", () => {
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(ones([1, 2]).toArray()).toEqual([[1, 1]]);
    expect(full([2], 2.5).toArray()).toEqual([2.5, 2.5]);
    expect(full([2], -7, { dtype: "i32" }).toTypedArray()).toEqual(Int32Array.of(-7, -7));
    expect(() => full([2], 0.5, { dtype: "i32" })).toThrow(/integers/);
    const x = arange(3);
    expect([zerosLike(x).dtype, onesLike(x).toArray()]).toEqual(["i32", [1, 1, 1]]);
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(eye(0).shape).toEqual([0, 0]);
  });

  test("counts: arange is i32 where all is whole", () => {
    expect(arange(3).toTypedArray()).toEqual(Int32Array.of(0, 1, 2));
    expect(arange(2, 8, 3).toArray()).toEqual([2, 5]);
    expect(arange(3, 0, -1).toArray()).toEqual([3, 2, 1]);
    expect(arange(3, 0).size).toBe(0);
    expect(arange(0, 1, 0.25).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    const { floatType } = arange(1).runtime;
    expect(arange(2, { dtype: floatType }).dtype).toBe(floatType);
    expect(() => arange(0, 1, 0)).toThrow(/step other than 0/);
    expect(() => arange(Infinity)).toThrow(/finite/);
  });

  test("makes one-hot rows", () => {
    expect(oneHot(tensor(Int32Array.of(2, 0)), 3).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(() => oneHot(tensor(Int32Array.of(3)), 3)).toThrow(/indices from 0 to 2, got 3/);
    expect(() => oneHot(tensor([1]), 3)).toThrow(DTypeError);
  });

  test("makes leaves where told, and parameters", () => {
    expect(tensor([1], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(tensor([1]).requiresGrad).toBe(false);
    const weight = parameter(zeros([2]));
    expect(weight.requiresGrad).toBe(true);
    expect(parameter(weight, { requiresGrad: false }).requiresGrad).toBe(false);
    weight.dispose();
    expect(() => parameter(exp(tensor([1], { requiresGrad: true })))).toThrow(
      /detach\(\) it first, got "exp"/,
    );
  });

  test("reads one element only from one", () => {
    expect(() => tensor([1, 2]).item()).toThrow(/one element, got "shape \[2\]"/);
    expect(tensor([[5]]).item()).toBe(5);
  });
});

describe("random tensors", () => {
  const draw = (runtime = exactRuntime()) =>
    withRuntime(runtime, () => {
      const random = new Random(4);
      return [
        ...randomNormal([3, 5], { random }).toTypedArray(),
        ...randomUniform([7], { random, low: -2, high: 3 }).toTypedArray(),
      ].map(Math.fround);
    });

  it("are a function of their key, the same on every runtime", () => {
    expect(draw()).toEqual(draw());
    const fast = draw(fastRuntime());
    draw().forEach((value, i) => {
      expect(Math.abs(value - fast[i]!)).toBeLessThan(1e-5);
    });
  });

  it(
    "have the mean, deviation and bounds asked for",
    onExact(() => {
      const random = new Random(4);
      const normal = [...randomNormal([20_000], { random, mean: 3, deviation: 0.5 }).toTypedArray()];
      const mean = normal.reduce((a, b) => a + b, 0) / normal.length;
      const square = normal.reduce((a, b) => a + (b - mean) ** 2, 0) / normal.length;
      // Within five standard errors.
      expect(Math.abs(mean - 3)).toBeLessThan(5 * (0.5 / Math.sqrt(20_000)));
      expect(Math.abs(Math.sqrt(square) - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(40_000));
      const uniform = randomUniform([1000], { random, low: -2, high: 3 }).toTypedArray();
      expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
      expect(Math.max(...uniform)).toBeLessThan(3);
    }),
  );

  it(
    "are floats",
    onExact((runtime) => {
      const { liveTensors } = runtime.memoryStats();
      const options = { random: new Random(1), dtype: "i32" } as const;
      expect(() => randomNormal([2], options)).toThrow(DTypeError);
      expect(() => randomUniform([2], options)).toThrow(DTypeError);
      expect(runtime.memoryStats().liveTensors).toBe(liveTensors);
      expect(() => tensor([1], { dtype: "f32" })).toThrow(/i32 or f64/);
    }),
  );
});

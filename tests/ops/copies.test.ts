import { expect } from "vitest";
import { StaleTensorError } from "../../src/errors.ts";
import { allClose, assign, cast, clone, detach, square } from "../../src/ops/index.ts";
import { memoryStats } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { onesLike, tensor } from "../../src/tensor/create.ts";
import { gradientAt } from "../support/gradientAt.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { copyCases } from "./cases/copies.ts";

opSuite(copyCases);

onEveryRuntime("detach, clone and assign", (test) => {
  test("share elements or copy them", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const shared = detach(x);
    const copied = clone(x);
    expect([shared.requiresGrad, copied.requiresGrad]).toEqual([false, true]);
    expect(assign(x, tensor([3, 4]))).toBe(x);
    expect([shared.toArray(), copied.toArray()]).toEqual([[3, 4], [1, 2]]); // biome-ignore format: a matrix
  });

  test("write into a leaf without a trace, but not behind the back of backward", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = square(x);
    assign(x, tensor(Int32Array.of(3, 4)));
    expect(() => backward(y, onesLike(y))).toThrow(StaleTensorError);
    const z = square(x);
    backward(z, onesLike(z));
    expect(x.grad!.toArray()).toEqual([6, 8]);
  });

  test("refuse a source of another shape, or floats for whole numbers", () => {
    const x = tensor([1, 2]);
    expect(() => assign(x, tensor([1]))).toThrow(
      "assign: wanted a source of the target's shape, got [2] and [1]",
    );
    expect(() => assign(tensor(Int32Array.of(1, 2)), x)).toThrow("assign: wanted an i32 source");
  });
});

onEveryRuntime("cast", (test) => {
  test("goes towards zero, saturates, and makes NaN 0", () => {
    const x = tensor([1.9, -1.9, -0.5, 1e10, -1e10, NaN]);
    expect(cast(x, "i32").toTypedArray()).toEqual(Int32Array.of(1, -1, 0, 2 ** 31 - 1, -(2 ** 31), 0));
  });

  test("passes the gradient from floats to floats", () => {
    const same = (x: Parameters<typeof cast>[0]) => cast(x, x.runtime.floatType);
    expect(gradientAt(same, [1, 2], [3, 4]).toArray()).toEqual([3, 4]);
    expect(cast(tensor([1], { requiresGrad: true }), "i32").requiresGrad).toBe(false);
  });

  test("refuses floats that the runtime does not compute in", () => {
    const x = tensor([1]);
    const other = x.runtime.floatType === "f32" ? "f64" : "f32";
    expect(() => cast(x, other)).toThrow(
      `cast: wanted i32 or ${x.runtime.floatType}, which this runtime computes in, got ${other}`,
    );
  });
});

onEveryRuntime("allClose", (test) => {
  test("compares within tolerances, as PyTorch does", () => {
    const a = tensor([1, 100]);
    expect(allClose(a, tensor([1.000001, 100.0005]))).toBe(true);
    expect(allClose(a, tensor([1, 100.01]))).toBe(false);
    expect(allClose(a, tensor([1, 100.01]), { relativeTolerance: 1e-3 })).toBe(true);
    expect(allClose(a, tensor([1.5, 100.5]), { absoluteTolerance: 0.6 })).toBe(true);
    expect(allClose(tensor([[1, 1]]), tensor(Int32Array.of(1)))).toBe(true);
    expect(allClose(tensor(Int32Array.of(16_777_217)), tensor(Int32Array.of(16_777_217)))).toBe(true);
  });

  test("takes infinities for close to themselves only, NaN for close to nothing unless told", () => {
    expect(allClose(tensor([Infinity, -Infinity]), tensor([Infinity, -Infinity]))).toBe(true);
    expect(allClose(tensor([Infinity]), tensor([-Infinity]))).toBe(false);
    expect(allClose(tensor([1e30]), tensor([Infinity]))).toBe(false);
    expect(allClose(tensor([NaN]), tensor([NaN]))).toBe(false);
    expect(allClose(tensor([NaN, 1]), tensor([NaN, 1]), { equalNaN: true })).toBe(true);
  });

  test("leaves nothing behind", () => {
    const a = tensor([1, 2]);
    const { liveTensors } = memoryStats();
    allClose(a, a);
    expect(memoryStats().liveTensors).toBe(liveTensors);
  });
});

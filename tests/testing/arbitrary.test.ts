import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, mul, relu } from "../../src/ops/index.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { broadcastShapes, sizeOf } from "../../src/shape.ts";
import { arbitraryBroadcast, arbitraryShape, arbitraryTensor } from "../../src/testing/arbitrary.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import { exactRuntime } from "../support/runtimes.ts";

describe("arbitraryShape", () => {
  it("draws every rank and empty axes, within its bounds", () => {
    const shapes = fc.sample(arbitraryShape(), 500);
    expect(new Set(shapes.map(({ length }) => length))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(shapes.some((shape) => shape.includes(0))).toBe(true);
    const options = { minRank: 2, maxRank: 3, minSize: 1, maxSize: 2 };
    for (const shape of fc.sample(arbitraryShape(options), 100)) {
      expect([2, 3]).toContain(shape.length);
      expect(shape.every((n) => n === 1 || n === 2)).toBe(true);
    }
  });
});

describe("arbitraryTensor", () => {
  it("stays in its range and away from kinks, on every runtime the same", () => {
    const runtime = exactRuntime();
    const property = fc.property(arbitraryTensor({ min: -1, max: 3, avoid: [0, 1] }), (x) => {
      expect(x.data.length).toBe(sizeOf(x.shape));
      for (const value of x.data) {
        expect(value).toBeGreaterThanOrEqual(-1);
        expect(value).toBeLessThanOrEqual(3);
        expect(Math.min(Math.abs(value), Math.abs(value - 1))).toBeGreaterThanOrEqual(1 / 16);
      }
      withRuntime(runtime, () => runtime.scope(() => expectClose(x.tensor(), Float64Array.from(x.data))));
      gradcheck(() => ({ f: relu, inputs: [x.tensor()] }));
    });
    fc.assert(property, { numRuns: 20 });
    runtime.dispose();
  });

  it("draws distinct elements and integers", () => {
    for (const { data } of fc.sample(arbitraryTensor({ distinct: true }), 50)) {
      expect(new Set(data).size).toBe(data.length);
    }
    const runtime = exactRuntime();
    for (const ids of fc.sample(arbitraryTensor({ dtype: "i32", min: 0, max: 9 }), 50)) {
      expect(ids.data.every((id) => Number.isInteger(id) && id >= 0 && id <= 9)).toBe(true);
      expect(ids.tensor({ runtime }).dtype).toBe("i32");
    }
    runtime.dispose();
    expect(() => arbitraryTensor({ shape: [9], min: 0, max: 0.1, distinct: true })).toThrow(/room/);
  });

  it("shrinks elements to 0, and prints what makes the tensor again", () => {
    const result = fc.check(
      fc.property(arbitraryTensor(), ({ data }) => !data.some((value) => value > 1)),
      { numRuns: 500 },
    );
    expect(result.failed).toBe(true);
    const [smallest] = result.counterexample!;
    expect(Math.max(...smallest.data)).toBe(1 + 1 / 64);
    expect(smallest.data.filter((value) => value !== 0)).toEqual([1 + 1 / 64]);
    expect(fc.stringify(smallest)).toMatch(
      /^tensor\(Float64Array\.of\([0, ]*1\.015625[0, ]*\), \{"shape":\[/,
    );
  });
});

describe("arbitraryBroadcast", () => {
  it("draws tensors that broadcast, now and then of different shapes", () => {
    const drawn = fc.sample(arbitraryBroadcast({ count: 3 }), 300);
    let different = 0;
    for (const [a, b, c] of drawn) {
      broadcastShapes("test", broadcastShapes("test", a!.shape, b!.shape), c!.shape);
      if (String(a!.shape) !== String(b!.shape)) different++;
    }
    expect(different).toBeGreaterThan(50);
  });

  it("serves a property over ops", () => {
    fc.assert(
      fc.property(arbitraryBroadcast(), ([a, b]) => {
        const runtime = exactRuntime();
        withRuntime(runtime, () => {
          const [x, y] = [a!.tensor(), b!.tensor()];
          expectClose(mul(add(x, y), x), add(mul(x, x), mul(y, x)));
        });
        runtime.dispose();
      }),
    );
  });
});

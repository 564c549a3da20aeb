import { expect } from "vitest";
import {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  std,
  sum,
  variance,
} from "../../src/ops/index.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { onesLike, tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradientAt } from "../support/gradientAt.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { reduceCases } from "./cases/reduce.ts";

opSuite(reduceCases);

const whole = (...values: number[]) => tensor(Int32Array.from(values));
const nothing = -Infinity;

onEveryRuntime("reductions", (test) => {
  test("run over all axes, one or several, and keep them if asked", () => {
    const x = tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]); // biome-ignore format: a cube
    expect(sum(x).toArray()).toBe(36);
    expect(sum(x, { axis: -1 }).toArray()).toEqual([[3, 7], [11, 15]]); // biome-ignore format: a matrix
    expect(sum(x, { axis: [0, 2] }).toArray()).toEqual([14, 22]);
    expect(max(x, { axis: [2, 0] }).toArray()).toEqual([6, 8]);
    expect(mean(x, { axis: [0, 1], keepDims: true }).toArray()).toEqual([[[4, 5]]]);
    expect(prod(x, { axis: [0, 2] }).toArray()).toEqual([60, 672]);
    expect(sum(x, { axis: [] }).toArray()).toEqual(x.toArray());
  });

  test("answer empty axes by their neutral element, or not at all", () => {
    const x = zeros([2, 0]);
    expect(sum(x, { axis: 1 }).toArray()).toEqual([0, 0]);
    expect(prod(x, { axis: 1 }).toArray()).toEqual([1, 1]);
    expect(any(x).toArray()).toBe(0);
    expect(all(x).toArray()).toBe(1);
    expect(norm(x).toArray()).toBe(0);
    expect(mean(x, { axis: 1 }).toArray()).toEqual([NaN, NaN]);
    expect(variance(x, { axis: 1 }).toArray()).toEqual([NaN, NaN]);
    expect(logSumExp(x, { axis: 1 }).toArray()).toEqual([nothing, nothing]);
    for (const [name, op] of Object.entries({ max, min, argmax, argmin })) {
      expect(() => op(x)).toThrow(`${name}: wanted an axis that is not empty, got [2, 0]`);
      expect(op(x, { axis: 0 }).shape).toEqual([0]);
    }
  });

  test("read whole numbers as floats", () => {
    const x = whole(1, 2, 4);
    expectClose(mean(x), 7 / 3);
    expect([sum, mean, prod, variance, norm, logSumExp].map((op) => op(x).dtype)).toEqual(
      new Array(6).fill(x.runtime.floatType),
    );
  });

  test("refuse axes that are not there, or twice", () => {
    expect(() => mean(zeros([2]), { axis: 1 })).toThrow("mean: wanted an axis from -1 to 0, got 1");
    expect(() => max(zeros([2, 2]), { axis: [0, -2] })).toThrow("max: wanted distinct axes, got [0, -2]");
  });
});

onEveryRuntime("extrema", (test) => {
  test("send the gradient to the first of equals", () => {
    for (const op of [max, min]) {
      expect(gradientAt((x) => op(x, { axis: 1 }), [[2, 2], [3, 3]], [5, 6]).toArray()).toEqual([[5, 0], [6, 0]]); // biome-ignore format: a matrix
    }
  });

  test("give the place of the first of equals, of all elements by default", () => {
    const x = tensor([[1, 3, 3], [3, 0, 0]]); // biome-ignore format: a matrix
    expect(argmax(x).toTypedArray()).toEqual(Int32Array.of(1));
    expect(argmin(x).item()).toBe(4);
    expect(argmax(x, { axis: 1 }).toArray()).toEqual([1, 0]);
    expect(argmin(x, { axis: 0, keepDims: true }).toArray()).toEqual([[0, 1, 1]]);
  });

  test("find NaN before anything else", () => {
    const x = tensor([Infinity, NaN, -Infinity, NaN]);
    expect([max(x).item(), min(x).item()]).toEqual([NaN, NaN]);
    expect([argmax(x).item(), argmin(x).item()]).toEqual([1, 1]);
  });

  test("tell whole numbers apart that are one float", () => {
    const x = whole(16_777_217, 16_777_216, -16_777_216, -16_777_217);
    expect([max(x).item(), min(x).item()]).toEqual([16_777_217, -16_777_217]);
    expect([argmax(x).item(), argmin(x).item()]).toEqual([0, 3]);
    const columns = tensor([[3, -1], [2, 5], [3, -1]], { dtype: "i32" }); // biome-ignore format: a matrix
    expect(argmax(columns, { axis: 0 }).toArray()).toEqual([0, 1]);
    expect(min(columns, { axis: 0 }).toTypedArray()).toEqual(Int32Array.of(2, -1));
  });
});

onEveryRuntime("statistics", (test) => {
  test("divide by n - correction", () => {
    const x = tensor([1, 2, 3, 4]);
    expectClose(variance(x), 5 / 3);
    expectClose(variance(x, { correction: 0 }), 1.25);
    expectClose(std(x), Math.sqrt(5 / 3));
    expect(variance(tensor([3])).item()).toBe(NaN);
    expect(() => variance(x, { correction: NaN })).toThrow("variance: wanted a finite correction, got NaN");
  });

  test("lose nothing to a large mean", () => {
    expectClose(variance(tensor([4096.25, 4096.5, 4096.75])), 0.0625);
  });

  test("give std a gradient of 0 where it is 0, and norm too", () => {
    expect(gradientAt((x) => std(x), [2, 2, 2]).toArray()).toEqual([0, 0, 0]);
    expect(gradientAt((x) => norm(x), [0, 0]).toArray()).toEqual([0, 0]);
    expect(gradientAt((x) => norm(x, { ord: 1 }), [0, -3]).toArray()).toEqual([0, -1]);
  });

  test("measure length in three ways", () => {
    const x = tensor([[3, -4], [-5, 12]]); // biome-ignore format: a matrix
    expectClose(norm(x, { axis: 1 }), [5, 13]);
    expectClose(norm(x, { ord: 1 }), 24);
    expectClose(norm(x, { ord: Infinity, axis: 0 }), [5, 12]);
    expect(() => norm(x, { ord: 3 })).toThrow("norm: wanted ord of 1, 2 or Infinity, got 3");
  });
});

onEveryRuntime("prod, cumsum, logSumExp, any and all", (test) => {
  test("differentiate a product at its zeros", () => {
    const gradient = (...x: number[]) => gradientAt((t) => prod(t), x).toArray();
    expect(gradient(2, 0, 3, 5)).toEqual([0, 30, 0, 0]);
    expect(gradient(2, 0, 0)).toEqual([0, 0, 0]);
    expect(gradient(7)).toEqual([1]);
  });

  test("differentiate a product twice at its zeros", () => {
    const x = tensor([2, 0, 0], { requiresGrad: true });
    const [dx] = gradientsOf([prod(x)], [tensor(1)], [x], { createGraph: true });
    const [second] = gradientsOf([dx!], [onesLike(dx!)], [x]);
    expect(second!.toArray()).toEqual([0, 2, 2]);
  });

  test("own their result, also of a single factor", () => {
    const x = tensor([3]);
    expect(prod(x).storage).not.toBe(x.storage);
  });

  test("sum up along an axis", () => {
    const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(cumsum(x, { axis: 0 }).toArray()).toEqual([[1, 2], [4, 6]]); // biome-ignore format: a matrix
    expect(cumsum(whole(1, 2), { axis: -1 }).toArray()).toEqual([1, 3]);
    expect(cumsum(tensor(3), { axis: 0 }).toArray()).toBe(3);
    expect(gradientAt((t) => cumsum(t, { axis: -1 }), 3, 2).toArray()).toBe(2);
    expect(() => cumsum(tensor(3), { axis: 1 })).toThrow("cumsum: wanted an axis from -1 to 0, got 1");
    expect(gradientAt((t) => cumsum(t, { axis: 0 }), [0, 0, 0], [1, 2, 3]).toArray()).toEqual([6, 5, 3]);
  });

  test("neither overflow nor lose what is far from 1", () => {
    expectClose(logSumExp(tensor([1e4, 1e4])), 1e4 + Math.log(2));
    expectClose(logSumExp(tensor([-1e4, -1e4])), -1e4 + Math.log(2));
    expect(logSumExp(tensor([1, Infinity])).item()).toBe(Infinity);
  });

  test("give -Infinity and gradient 0 where nothing has weight", () => {
    const x = tensor([[nothing, nothing], [nothing, 0]], { requiresGrad: true }); // biome-ignore format: a matrix
    for (const createGraph of [false, true]) {
      const y = logSumExp(x, { axis: 1 });
      expect(y.toArray()).toEqual([nothing, 0]);
      const [dx] = gradientsOf([y], [tensor([1, 1])], [x], { createGraph });
      expect(dx!.toArray()).toEqual([[0, 0], [0, 1]]); // biome-ignore format: a matrix
    }
  });

  test("take everything but 0 for true", () => {
    const x = tensor([[0, 0], [0, NaN], [-1, 2]]); // biome-ignore format: a matrix
    expect(any(x, { axis: 1 }).toArray()).toEqual([0, 1, 1]);
    expect(all(x, { axis: 1, keepDims: true }).toArray()).toEqual([[0], [0], [1]]);
  });
});

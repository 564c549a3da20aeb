import { expect } from "vitest";
import { sort, topk } from "../../src/ops/index.ts";
import { tensor, zeros } from "../../src/tensor/create.ts";
import { gradientAt } from "../support/gradientAt.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { orderCases } from "./cases/order.ts";

opSuite(orderCases);

onEveryRuntime("sort", (test) => {
  test("keeps equals in their order, in both directions", () => {
    const x = tensor([2, 1, 2, 1]);
    expect(sort(x).indices.toTypedArray()).toEqual(Int32Array.of(1, 3, 0, 2));
    expect(sort(x, { descending: true }).indices.toArray()).toEqual([0, 2, 1, 3]);
    expect(sort(x, { descending: true }).values.toArray()).toEqual([2, 2, 1, 1]);
  });

  test("takes NaN for the largest", () => {
    const x = tensor([NaN, Infinity, -1]);
    expect(sort(x).values.toArray()).toEqual([-1, Infinity, NaN]);
    expect(sort(x, { descending: true }).indices.toArray()).toEqual([0, 1, 2]);
    expect(topk(x, 1).indices.toArray()).toEqual([0]);
  });

  test("tells whole numbers apart that are one float", () => {
    const x = tensor(Int32Array.of(16_777_217, 16_777_216, -(2 ** 31), 2 ** 31 - 1));
    expect(sort(x).values.toTypedArray()).toEqual(
      Int32Array.of(-(2 ** 31), 16_777_216, 16_777_217, 2 ** 31 - 1),
    );
    expect(topk(x, 2).values.toTypedArray()).toEqual(Int32Array.of(2 ** 31 - 1, 16_777_217));
  });

  test("sends gradients back to where the values were", () => {
    const sorted = gradientAt((x) => sort(x, { axis: 0 }).values, [[3], [1], [2]], [[1], [10], [100]]); // biome-ignore format: a column
    expect(sorted.toArray()).toEqual([[100], [1], [10]]);
  });
});

onEveryRuntime("topk", (test) => {
  test("gives the largest first, or the smallest", () => {
    const x = tensor([[5, 1], [4, 2], [6, 3]]); // biome-ignore format: a matrix
    const { values, indices } = topk(x, 2, { axis: 0 });
    expect(values.toArray()).toEqual([[6, 3], [5, 2]]); // biome-ignore format: a matrix
    expect(indices.toArray()).toEqual([[2, 2], [0, 1]]); // biome-ignore format: a matrix
    expect(topk(x, 1, { largest: false }).values.toArray()).toEqual([[1], [2], [3]]);
    expect(topk(x, 0).values.shape).toEqual([3, 0]);
    const gradient = gradientAt((t) => topk(t, 2).values, [3, 1, 2], [10, 20]);
    expect(gradient.toArray()).toEqual([10, 0, 20]);
  });

  test("takes a scalar for a vector of one element, as sort does", () => {
    for (const { values, indices } of [sort(tensor(5)), topk(tensor(5), 1, { axis: 0 })]) {
      expect([values.toArray(), indices.toArray(), indices.dtype]).toEqual([5, 0, "i32"]);
    }
    expect(gradientAt((x) => sort(x).values, 5, 3).toArray()).toBe(3);
    expect(gradientAt((x) => topk(x, 1).values, 5, 3).toArray()).toBe(3);
    expect(() => topk(tensor(5), 2)).toThrow("topk: wanted k of 1 for a scalar, got 2");
    expect(() => sort(tensor(5), { axis: 1 })).toThrow("sort: wanted an axis from -1 to 0, got 1");
  });

  test("refuses more than there is", () => {
    expect(() => topk(zeros([3]), 4)).toThrow("topk: wanted k from 0 to 3, got 4");
    expect(() => topk(zeros([3]), 1.5)).toThrow("topk: wanted k from 0 to 3, got 1.5");
    expect(() => sort(zeros([3]), { axis: 1 })).toThrow("sort: wanted an axis from -1 to 0, got 1");
  });
});

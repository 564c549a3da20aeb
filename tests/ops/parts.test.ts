import fc from "fast-check";
import { expect } from "vitest";
import { ArgumentError, RuntimeMismatchError, ShapeError } from "../../src/errors.ts";
import { type AxisRange, concat, mul, pad, reshape, slice, split, stack, sum } from "../../src/ops/index.ts";
import { createRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import { backward } from "../../src/tensor/backward.ts";
import { arange, tensor, zeros } from "../../src/tensor/create.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { effort } from "../support/seed.ts";
import { partCases } from "./cases/parts.ts";

opSuite(partCases);

const whole = (...values: number[]) => tensor(Int32Array.from(values));

/** x[start:end:step] by the words of Python's reference: indices start + i·step as long as they have not passed end. */
function pythonSlice(n: number, start: number | null, end: number | null, step: number): number[] {
  const clip = (value: number, low: number, high: number) =>
    Math.min(high, Math.max(low, value < 0 ? value + n : value));
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const first = start === null ? (step > 0 ? 0 : n - 1) : clip(start, low, high);
  const last = end === null ? (step > 0 ? n : -1) : clip(end, low, high);
  const indices: number[] = [];
  for (let i = first; step > 0 ? i < last : i > last; i += step) indices.push(i);
  return indices;
}

onEveryRuntime("slice", (test) => {
  test("takes single indices, ranges and steps of both signs", () => {
    const x = reshape(arange(12), [3, 4]);
    expect(slice(x, [1]).toArray()).toEqual([4, 5, 6, 7]);
    expect(slice(x, [-1, -1]).toArray()).toBe(11);
    expect(slice(x, [null, [1, 3]]).toArray()).toEqual([[1, 2], [5, 6], [9, 10]]); // biome-ignore format: a matrix
    expect(
      slice(x, [
        [0, 1],
        [null, null, -2],
      ]).toArray(),
    ).toEqual([[3, 1]]);
    expect(slice(x, [0, [2, 100]]).toArray()).toEqual([2, 3]);
    expect(slice(x, [0, [-3, -1]]).toArray()).toEqual([1, 2]);
    expect(slice(x, [0, [3, 1]]).toArray()).toEqual([]);
    expect(slice(x, []).toArray()).toEqual(x.toArray());
  });

  test("takes what Python takes", () => {
    const bound = fc.option(fc.integer({ min: -12, max: 12 }));
    const step = fc.integer({ min: -4, max: 4 }).filter((value) => value !== 0);
    fc.assert(
      fc.property(fc.nat({ max: 8 }), bound, bound, step, (n, start, end, step) => {
        const expected = pythonSlice(n, start, end, step);
        expect(slice(arange(n), [[start, end, step]]).toArray()).toEqual(expected);
        const columns = slice(reshape(arange(2 * n), [2, n]), [1, [start, end, step]]);
        expect(columns.toArray()).toEqual(expected.map((i) => n + i));
      }),
      { numRuns: 300 * effort },
    );
  });

  test("refuses indices outside the axis, and ranges that mean nothing", () => {
    const x = zeros([3, 4]);
    const take = (...ranges: AxisRange[]) => slice(x, ranges);
    expect(() => take(3)).toThrow("slice, axis 0: wanted an index from -3 to 2, got 3");
    expect(() => take(null, -5)).toThrow("slice, axis 1: wanted an index from -4 to 3, got -5");
    expect(() => take(0.5)).toThrow(ArgumentError);
    expect(() => take([0, 1, 0])).toThrow("slice, axis 0: wanted a whole step other than 0, got 0");
    expect(() => take([0.5, 1])).toThrow("slice, axis 0: wanted whole bounds, got [0.5, 1]");
    expect(() => take(0, 0, 0)).toThrow("slice: wanted at most 2 ranges, got [0, 0, 0]");
  });
});

onEveryRuntime("concat, stack and split", (test) => {
  test("join and cut along an axis", () => {
    const a = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    const b = tensor([[5], [6]]);
    const joined = concat([a, b], { axis: 1 });
    expect(joined.toArray()).toEqual([[1, 2, 5], [3, 4, 6]]); // biome-ignore format: a matrix
    expect(split(joined, [2, 1], { axis: -1 }).map((part) => part.toArray())).toEqual([
      a.toArray(),
      b.toArray(),
    ]);
    expect(concat([a, zeros([0, 2])]).toArray()).toEqual(a.toArray());
    expect(stack([tensor([1, 2]), tensor([3, 4])]).toArray()).toEqual([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(stack([tensor([1, 2]), tensor([3, 4])], { axis: -1 }).toArray()).toEqual([[1, 3], [2, 4]]); // biome-ignore format: a matrix
    expect(stack([tensor(1), tensor(2)]).toArray()).toEqual([1, 2]);
  });

  test("cut into parts of one size, the last one smaller", () => {
    const parts = split(arange(7), 3);
    expect(parts.map((part) => part.toArray())).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(split(zeros([0, 2]), 3).map(({ shape }) => shape)).toEqual([[0, 2]]);
    expect(split(arange(2), 5).map(({ shape }) => shape)).toEqual([[2]]);
  });

  test("mix whole numbers and floats to floats", () => {
    const { floatType } = arange(1).runtime;
    expect(concat([whole(1, 2), whole(3)]).dtype).toBe("i32");
    const mixed = concat([whole(1, -5_000_000), tensor([0.5])]);
    expect([mixed.dtype, mixed.toArray()]).toEqual([floatType, [1, -5_000_000, 0.5]]);
    expect(stack([whole(1), tensor([0.5])]).toArray()).toEqual([[1], [0.5]]);
  });

  test("send a gradient to the same tensor from each of its places", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    backward(sum(mul(concat([x, x, whole(1)]), tensor([1, 2, 3, 4, 5]))));
    expect(x.grad!.toArray()).toEqual([1 + 3, 2 + 4]);
  });

  test("send zeros from parts that nobody used", () => {
    const x = tensor([1, 2, 3, 4], { requiresGrad: true });
    const [, second] = split(x, [1, 2, 1]);
    backward(sum(second!));
    expect(x.grad!.toArray()).toEqual([0, 1, 1, 0]);
  });

  test("refuse what does not fit", () => {
    expect(() => concat([])).toThrow("concat: wanted one tensor or more, got []");
    expect(() => stack([])).toThrow("stack: wanted one tensor or more, got []");
    expect(() => concat([zeros([2, 2]), zeros([3, 3])])).toThrow(
      "concat: wanted shapes that are equal off the axis, got [2, 2] and [3, 3]",
    );
    expect(() => concat([zeros([2]), zeros([2, 1])])).toThrow(ShapeError);
    expect(() => concat([tensor(1), tensor(2)])).toThrow(ArgumentError);
    expect(() => stack([zeros([2]), zeros([3])])).toThrow("stack: wanted equal shapes, got [2] and [3]");
    expect(() => stack([zeros([2])], { axis: 2 })).toThrow("an axis from -2 to 1, got 2");
    expect(() => split(zeros([5]), [2, 2])).toThrow(
      "split: wanted sizes that add up to axis 0, not to 4, got [5]",
    );
    expect(() => split(zeros([5]), 0)).toThrow("split: wanted a whole size of 1 or more, got 0");
    expect(() => split(zeros([5]), [6, -1])).toThrow(ArgumentError);
    const elsewhere = createRuntime({ backend: referenceBackend() });
    expect(() => concat([zeros([1]), zeros([1], { runtime: elsewhere })])).toThrow(RuntimeMismatchError);
    elsewhere.dispose();
  });
});

onEveryRuntime("pad", (test) => {
  test("puts a value around", () => {
    expect(pad(tensor([1, 2]), [[1, 2]]).toArray()).toEqual([0, 1, 2, 0, 0]);
    expect(pad(tensor([[1]]), [[0, 1], [1, 0]], { value: -Infinity }).toArray()).toEqual([[-Infinity, 1], [-Infinity, -Infinity]]); // biome-ignore format: a matrix
    expect(pad(zeros([0]), [[1, 1]], { value: 7 }).toArray()).toEqual([7, 7]);
    expect(pad(whole(3), [[0, 1]], { value: -1 }).toTypedArray()).toEqual(Int32Array.of(3, -1));
    expect(pad(tensor(5), []).toArray()).toBe(5);
  });

  test("refuses pairs that do not fit", () => {
    expect(() => pad(zeros([2, 2]), [[1, 1]])).toThrow("pad: wanted 2 pairs, one an axis, got [[1, 1]]");
    expect(() => pad(zeros([2]), [[-1, 0]])).toThrow(
      "pad: wanted pairs of whole numbers from 0 on, got [-1, 0]",
    );
    expect(() => pad(whole(1), [[1, 0]], { value: 0.5 })).toThrow(ArgumentError);
  });
});

import fc from "fast-check";
import { expect } from "vitest";
import { ArgumentError, ShapeError } from "../../src/errors.ts";
import {
  broadcastTo,
  flip,
  permute,
  repeat,
  repeatInterleave,
  reshape,
  squeeze,
  transpose,
  tril,
  triu,
  unsqueeze,
} from "../../src/ops/index.ts";
import { memoryStats } from "../../src/runtime/default.ts";
import { arange, tensor, zeros } from "../../src/tensor/create.ts";
import { byIndex, reader } from "../support/byIndex.ts";
import { drawShape } from "../support/inputs.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { shapeCases } from "./cases/shape.ts";

opSuite(shapeCases);

/** 0, 1, 2, … in a shape. */
const counted = (shape: readonly number[]) => reshape(arange(shape.reduce((a, b) => a * b, 1)), shape);

onEveryRuntime("reshape, squeeze and unsqueeze", (test) => {
  test("change the shape and share the elements", () => {
    const x = counted([2, 3]);
    const before = memoryStats().liveBytes;
    expect(reshape(x, [3, -1]).toArray()).toEqual([[0, 1], [2, 3], [4, 5]]); // biome-ignore format: a matrix
    expect(unsqueeze(x, { axis: 1 }).shape).toEqual([2, 1, 3]);
    expect(unsqueeze(x, { axis: -1 }).shape).toEqual([2, 3, 1]);
    expect(unsqueeze(x, { axis: [0, -1] }).shape).toEqual([1, 2, 3, 1]);
    expect(broadcastTo(x, [2, 3]).shape).toEqual([2, 3]);
    expect(memoryStats().liveBytes).toBe(before);
  });

  test("squeeze all axes of size 1, or the named ones of them", () => {
    const x = zeros([1, 2, 1, 3]);
    expect(squeeze(x).shape).toEqual([2, 3]);
    expect(squeeze(x, { axis: 0 }).shape).toEqual([2, 1, 3]);
    expect(squeeze(x, { axis: [0, -2] }).shape).toEqual([2, 3]);
    expect(squeeze(x, { axis: 1 }).shape).toEqual([1, 2, 1, 3]);
  });

  test("refuse what does not fit", () => {
    const x = zeros([2, 3]);
    expect(() => reshape(x, [4, -1])).toThrow(ShapeError);
    expect(() => reshape(x, [5])).toThrow("reshape: wanted a shape of 6 elements, got [2, 3] and [5]");
    expect(() => reshape(x, [-1, -1])).toThrow("at most one size of -1");
    expect(() => reshape(x, [-2, -3])).toThrow(ArgumentError);
    expect(() => squeeze(x, { axis: 2 })).toThrow("squeeze: wanted an axis from -2 to 1, got 2");
    expect(() => unsqueeze(x, { axis: 3 })).toThrow("unsqueeze: wanted an axis from -3 to 2, got 3");
    expect(() => unsqueeze(x, { axis: [0, 0] })).toThrow("distinct axes");
  });
});

onEveryRuntime("permute, transpose and flip", (test) => {
  test("put every element where it belongs", () => {
    const shapes = drawShape({ minRank: 1, maxRank: 6 });
    const orders = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
        fc.subarray([...shape.keys()]),
      ),
    );
    fc.assert(
      fc.property(orders, ([shape, order, axis]) => {
        const x = counted(shape);
        const permuted = permute(x, order);
        const inverse = (index: readonly number[]) => index.map((_, a) => index[order.indexOf(a)]!);
        expect([...permuted.toTypedArray()]).toEqual(
          byIndex(permuted.shape, (index) => reader(x)(inverse(index))),
        );
        const mirrored = (index: readonly number[]) =>
          index.map((i, a) => (axis.includes(a) ? shape[a]! - 1 - i : i));
        expect([...flip(x, { axis }).toTypedArray()]).toEqual(
          byIndex(shape, (index) => reader(x)(mirrored(index))),
        );
      }),
    );
  });

  test("take axes from either end", () => {
    const x = counted([2, 3]);
    expect(transpose(x, 0, -1).toArray()).toEqual([[0, 3], [1, 4], [2, 5]]); // biome-ignore format: a matrix
    expect(flip(x, { axis: -1 }).toArray()).toEqual([[2, 1, 0], [5, 4, 3]]); // biome-ignore format: a matrix
    expect(flip(x).toArray()).toEqual([[5, 4, 3], [2, 1, 0]]); // biome-ignore format: a matrix
  });

  test("refuse axes that are missing or named twice", () => {
    const x = zeros([2, 3]);
    expect(() => permute(x, [0])).toThrow("permute: wanted each of the 2 axes once, got [0]");
    expect(() => permute(x, [0, -2])).toThrow(ArgumentError);
    expect(() => transpose(x, 0, 2)).toThrow("transpose: wanted an axis from -2 to 1, got 2");
    expect(() => flip(x, { axis: [0, 0] })).toThrow("flip: wanted distinct axes");
  });
});

onEveryRuntime("broadcastTo, repeat and repeatInterleave", (test) => {
  test("repeat as numpy's and PyTorch's do", () => {
    const x = tensor([1, 2]);
    expect(broadcastTo(x, [2, 2]).toArray()).toEqual([[1, 2], [1, 2]]); // biome-ignore format: a matrix
    expect(repeat(x, [2]).toArray()).toEqual([1, 2, 1, 2]);
    expect(repeat(x, [2, 2]).toArray()).toEqual([[1, 2, 1, 2], [1, 2, 1, 2]]); // biome-ignore format: a matrix
    expect(repeatInterleave(x, 2).toArray()).toEqual([1, 1, 2, 2]);
    expect(repeatInterleave(x, [0, 3]).toArray()).toEqual([2, 2, 2]);
    const matrix = counted([2, 2]);
    expect(repeatInterleave(matrix, 2).toArray()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(repeatInterleave(matrix, [1, 2], { axis: 0 }).toArray()).toEqual([[0, 1], [2, 3], [2, 3]]); // biome-ignore format: a matrix
    expect(repeatInterleave(matrix, 2, { axis: -1 }).toArray()).toEqual([[0, 0, 1, 1], [2, 2, 3, 3]]); // biome-ignore format: a matrix
  });

  test("tile every axis", () => {
    const problem = drawShape().chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.array(fc.nat({ max: 3 }), { minLength: shape.length, maxLength: shape.length + 2 }),
      ),
    );
    fc.assert(
      fc.property(problem, ([shape, counts]) => {
        const x = counted(shape);
        const lead = counts.length - shape.length;
        const y = repeat(x, counts);
        expect(y.shape).toEqual(counts.map((count, axis) => count * (shape[axis - lead] ?? 1)));
        const wrapped = (index: readonly number[]) => index.slice(lead).map((i, axis) => i % shape[axis]!);
        expect([...y.toTypedArray()]).toEqual(byIndex(y.shape, (index) => reader(x)(wrapped(index))));
      }),
    );
  });

  test("refuse counts and shapes that do not fit", () => {
    const x = zeros([2, 3]);
    expect(() => broadcastTo(x, [3])).toThrow(ShapeError);
    expect(() => broadcastTo(x, [2, 4])).toThrow(ShapeError);
    expect(() => broadcastTo(zeros([2, 1]), [1, 3])).toThrow("a shape that broadcasts to [1, 3], got [2, 1]");
    expect(() => repeat(x, [2])).toThrow("repeat: wanted at least 2 whole counts from 0 on, got [2]");
    expect(() => repeat(x, [1, -1])).toThrow(ArgumentError);
    expect(() => repeatInterleave(x, 1.5)).toThrow(ArgumentError);
    expect(() => repeatInterleave(x, [1, 2, 3], { axis: 0 })).toThrow("or 2, one a slice, got [1, 2, 3]");
    expect(() => repeatInterleave(x, 2, { axis: 2 })).toThrow("an axis from -2 to 1, got 2");
  });
});

onEveryRuntime("tril and triu", (test) => {
  test("keep what lies on their side of the diagonal", () => {
    const problem = fc.tuple(drawShape({ minRank: 2, maxRank: 4 }), fc.integer({ min: -6, max: 6 }));
    fc.assert(
      fc.property(problem, ([shape, diagonal]) => {
        const x = counted(shape);
        const above = (index: readonly number[]) => index.at(-1)! - index.at(-2)! - diagonal;
        const kept = (keep: (distance: number) => boolean) =>
          byIndex(shape, (index) => (keep(above(index)) ? reader(x)(index) : 0));
        expect([...tril(x, { diagonal }).toTypedArray()]).toEqual(kept((distance) => distance <= 0));
        expect([...triu(x, { diagonal }).toTypedArray()]).toEqual(kept((distance) => distance >= 0));
      }),
    );
  });

  test("leave nothing of what they cut, not even of NaN", () => {
    const x = tensor([[1, NaN], [Infinity, 2]]); // biome-ignore format: a matrix
    expect(tril(x).toArray()).toEqual([[1, 0], [Infinity, 2]]); // biome-ignore format: a matrix
    expect(triu(x).toArray()).toEqual([[1, NaN], [0, 2]]); // biome-ignore format: a matrix
  });

  test("refuse vectors and broken diagonals", () => {
    expect(() => tril(zeros([3]))).toThrow("tril: wanted [..., m, n], got [3]");
    expect(() => triu(zeros([2, 2]), { diagonal: 0.5 })).toThrow("triu: wanted a whole diagonal, got 0.5");
  });
});

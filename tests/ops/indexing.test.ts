import fc from "fast-check";
import { expect } from "vitest";
import { ArgumentError, DTypeError, ShapeError } from "../../src/errors.ts";
import { gather, indexSelect, reshape, scatterAdd } from "../../src/ops/index.ts";
import { arange, ones, tensor, zeros } from "../../src/tensor/create.ts";
import { byIndex, reader } from "../support/byIndex.ts";
import { drawIndices } from "../support/inputs.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { indexingCases } from "./cases/indexing.ts";

opSuite(indexingCases);

const whole = (...values: number[]) => tensor(Int32Array.from(values));
const wholeMatrix = (...rows: number[][]) => tensor(rows, { dtype: "i32" });

onEveryRuntime("gather", (test) => {
  test("reads one index for each element of the result", () => {
    const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(gather(x, wholeMatrix([0, 0], [1, 0]), { axis: 1 }).toArray()).toEqual([[1, 1], [4, 3]]); // biome-ignore format: a matrix
    expect(gather(x, wholeMatrix([1, 0]), { axis: 0 }).toArray()).toEqual([[3, 2]]);
    expect(gather(x, wholeMatrix([1]), { axis: -1 }).toArray()).toEqual([[2]]);
  });

  test("reads along every axis", () => {
    const shape = [3, 4, 5];
    const problem = fc
      .tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 6 }))
      .chain(([axis, count]) =>
        fc.tuple(fc.constant(axis), drawIndices(shape.with(axis, count), shape[axis]!)),
      );
    fc.assert(
      fc.property(problem, ([axis, { shape: indexShape, data }]) => {
        const x = reshape(arange(60), shape);
        const index = tensor(data as number[], { dtype: "i32", shape: indexShape });
        const from = (at: readonly number[]) => reader(x)(at.with(axis, reader(index)(at)));
        const y = gather(x, reshape(index, indexShape), { axis });
        expect([...y.toTypedArray()]).toEqual(byIndex(indexShape, from));
      }),
    );
  });

  test("names the first index outside the axis", () => {
    const x = zeros([2, 3]);
    const read = (...row: number[]) => gather(x, wholeMatrix(row), { axis: 1 });
    expect(() => read(0, 3, 9)).toThrow('gather: wanted indices from 0 to 2, got "3 at place 1"');
    expect(() => read(-1)).toThrow(ArgumentError);
    expect(() => gather(x, zeros([2, 3]), { axis: 1 })).toThrow("gather: wanted i32 indices");
    expect(() => gather(x, whole(0), { axis: 1 })).toThrow(ShapeError);
    expect(() => gather(x, wholeMatrix([0], [0], [0]), { axis: 1 })).toThrow(ShapeError);
    expect(() => gather(x, wholeMatrix([0]), { axis: 2 })).toThrow("gather: wanted an axis from -2 to 1");
  });
});

onEveryRuntime("scatterAdd", (test) => {
  test("adds where the index says, also several times in one place", () => {
    const x = tensor([[10, 20, 30]]);
    const index = wholeMatrix([0, 2, 0, 0]);
    expect(scatterAdd(x, index, tensor([[1, 2, 3, 4]]), { axis: 1 }).toArray()).toEqual([[18, 20, 32]]);
    expect(x.toArray()).toEqual([[10, 20, 30]]);
    expect(scatterAdd(zeros([2]), whole(), zeros([0]), { axis: 0 }).toArray()).toEqual([0, 0]);
  });

  test("leaves out what the index does not reach, as in PyTorch", () => {
    const index = wholeMatrix([1]);
    const source = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(scatterAdd(ones([2, 2]), index, source, { axis: 0 }).toArray()).toEqual([[1, 1], [2, 1]]); // biome-ignore format: a matrix
  });

  test("reads whole numbers as floats", () => {
    expect(scatterAdd(whole(1, 2), whole(1, 1), whole(3, 4), { axis: 0 }).toArray()).toEqual([1, 9]);
  });

  test("refuses what does not fit", () => {
    const add = (index: number[], source: number[]) =>
      scatterAdd(zeros([2]), whole(...index), tensor(source), { axis: 0 });
    expect(() => add([0, 2], [1, 1])).toThrow('scatterAdd: wanted indices from 0 to 1, got "2 at place 1"');
    expect(() => add([0, 1], [1])).toThrow(ShapeError);
    expect(() => scatterAdd(zeros([2]), zeros([1]), zeros([1]), { axis: 0 })).toThrow(DTypeError);
  });
});

onEveryRuntime("indexSelect", (test) => {
  test("takes slices in the index's order, also twice", () => {
    const x = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a matrix
    expect(indexSelect(x, whole(2, 0, 2)).toArray()).toEqual([[5, 6], [1, 2], [5, 6]]); // biome-ignore format: a matrix
    expect(indexSelect(x, whole(1), { axis: -1 }).toArray()).toEqual([[2], [4], [6]]);
    expect(indexSelect(x, whole()).shape).toEqual([0, 2]);
  });

  test("refuses indices that are no vector of i32 inside the axis", () => {
    const x = zeros([3, 2]);
    expect(() => indexSelect(x, whole(3))).toThrow(
      'indexSelect: wanted indices from 0 to 2, got "3 at place 0"',
    );
    expect(() => indexSelect(x, wholeMatrix([0]))).toThrow(
      "indexSelect: wanted an index of [count], got [1, 1]",
    );
    expect(() => indexSelect(x, zeros([1]))).toThrow(DTypeError);
    expect(() => indexSelect(zeros([0, 2]), whole(0))).toThrow(ArgumentError);
  });
});

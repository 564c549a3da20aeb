import fc from "fast-check";
import { expect } from "vitest";
import { DTypeError, ShapeError } from "../../src/errors.ts";
import { linear, type MatmulOptions, matmul, reshape, transpose } from "../../src/ops/index.ts";
import { broadcastShapes, type Shape } from "../../src/shape.ts";
import { ones, tensor, zeros } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { byIndex, reader } from "../support/byIndex.ts";
import { gradientsAt } from "../support/gradientAt.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { effort } from "../support/seed.ts";
import { productCases } from "./cases/product.ts";

opSuite(productCases);

/** Matrices at every place of the leading axes, read one element at a time; stretched axes are read at 0. */
function matricesOf(x: Tensor, transposed: boolean, asVector: Shape) {
  const whole = x.rank === 1 ? reshape(x, asVector) : transposed ? transpose(x, -1, -2) : x;
  const lead = whole.shape.slice(0, -2);
  const read = reader(whole);
  const at = (batch: readonly number[], row: number, column: number) => {
    const own = batch.slice(batch.length - lead.length).map((i, axis) => (lead[axis] === 1 ? 0 : i));
    return read([...own, row, column]);
  };
  return { lead, rows: whole.shape.at(-2)!, columns: whole.shape.at(-1)!, at };
}

/** The definition, element by element. */
function naiveProduct(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions) {
  const left = matricesOf(a, transposeA, [1, a.size]);
  const right = matricesOf(b, transposeB, [b.size, 1]);
  const lead = broadcastShapes("naiveProduct", left.lead, right.lead);
  const values = byIndex([...lead, left.rows, right.columns], (index) => {
    const batch = index.slice(0, -2);
    const [row, column] = index.slice(-2) as [number, number];
    let sum = 0;
    for (let p = 0; p < left.columns; p++) sum += left.at(batch, row, p) * right.at(batch, p, column);
    return sum;
  });
  const rows = a.rank === 1 ? [] : [left.rows];
  const columns = b.rank === 1 ? [] : [right.columns];
  return { shape: [...lead, ...rows, ...columns], values: Float64Array.from(values) };
}

onEveryRuntime("matmul", (test) => {
  const a = () => tensor([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
  const b = () => tensor([[1, 0], [0, 1], [1, 1]]); // biome-ignore format: a matrix

  test("reads its operands as they lie or transposed", () => {
    const product = [[4, 5], [10, 11]]; // biome-ignore format: a matrix
    const aTransposed = tensor([[1, 4], [2, 5], [3, 6]]); // biome-ignore format: a matrix
    const bTransposed = tensor([[1, 0, 1], [0, 1, 1]]); // biome-ignore format: a matrix
    expect(matmul(a(), b()).toArray()).toEqual(product);
    expect(matmul(aTransposed, b(), { transposeA: true }).toArray()).toEqual(product);
    expect(matmul(a(), bTransposed, { transposeB: true }).toArray()).toEqual(product);
    expect(matmul(aTransposed, bTransposed, { transposeA: true, transposeB: true }).toArray()).toEqual(
      product,
    );
  });

  test("is the sum of products over every row and column, whatever the axes in front", () => {
    fc.assert(
      fc.property(productCases.matmul.samples, ({ label, inputs, run }) => {
        const [a, b] = inputs.map(({ shape, data }) => tensor(Float64Array.from(data), { shape }));
        const y = run(a!, b!);
        const expected = naiveProduct(a!, b!, JSON.parse(label!) as MatmulOptions);
        expect(y.shape).toEqual(expected.shape);
        // At most 17 terms of at most 4, in f32.
        expectClose(y, expected.values, { relative: 1e-5, absolute: 1e-5 });
      }),
      { numRuns: 100 * effort },
    );
  });

  test("takes vectors on either side, as PyTorch does", () => {
    const row = tensor([1, 2]);
    const column = tensor([1, 0, 1]);
    expect(matmul(row, a()).toArray()).toEqual([9, 12, 15]);
    expect(matmul(a(), column).toArray()).toEqual([4, 10]);
    expect(matmul(column, column).toArray()).toBe(2);
    expect(matmul(row, a(), { transposeA: true }).toArray()).toEqual([9, 12, 15]);
    expect(matmul(b(), row, { transposeB: true }).toArray()).toEqual([1, 2, 3]);
    expect(matmul(row, ones([4, 2, 3])).shape).toEqual([4, 3]);
    expect(matmul(ones([4, 5, 3]), column).shape).toEqual([4, 5]);
    expect(matmul(ones([5, 4, 2]), row, {}).toArray()).toEqual(Array(5).fill(Array(4).fill(3)));
  });

  test("broadcasts the axes in front of the matrices", () => {
    expect(matmul(ones([2, 1, 3, 4]), ones([5, 4, 2])).shape).toEqual([2, 5, 3, 2]);
    expect(matmul(a(), ones([2, 3, 1])).toArray()).toEqual([[[6], [15]], [[6], [15]]]); // biome-ignore format: matrices
    expect(matmul(ones([2, 1, 3]), b()).toArray()).toEqual([[[2, 2]], [[2, 2]]]);
  });

  test("gives zeros where nothing is summed, and nothing where there is nothing", () => {
    expect(matmul(zeros([2, 0]), zeros([0, 2])).toArray()).toEqual([[0, 0], [0, 0]]); // biome-ignore format: a matrix
    expect(matmul(zeros([0]), zeros([0])).toArray()).toBe(0);
    expect(matmul(zeros([0, 3]), zeros([3, 2])).shape).toEqual([0, 2]);
    expect(matmul(zeros([2, 0, 3]), zeros([3, 2])).shape).toEqual([2, 0, 2]);
    expect(matmul(zeros([0, 2, 3]), zeros([1, 3, 2])).shape).toEqual([0, 2, 2]);
    const [dA, dB] = gradientsAt((a, b) => matmul(a, b), [new Float32Array(0), new Float32Array(0)]);
    expect([dA!.shape, dB!.shape]).toEqual([[0], [0]]);
  });

  test("reads whole numbers as floats", () => {
    const whole = tensor([[1, 2], [3, 4]], { dtype: "i32" }); // biome-ignore format: a matrix
    expect(matmul(whole, whole).toArray()).toEqual([[7, 10], [15, 22]]); // biome-ignore format: a matrix
    expect(matmul(whole, tensor([0.5, 1])).toArray()).toEqual([2.5, 5.5]);
  });

  test("refuses shapes that do not fit, in the caller's words", () => {
    expect(() => matmul(zeros([4, 5]), zeros([6, 3]))).toThrow(
      "matmul: wanted [..., m, k] and [..., k, n], got [4, 5] and [6, 3]",
    );
    expect(() => matmul(zeros([2, 4, 5]), zeros([5, 3]), { transposeB: true })).toThrow(
      "matmul: wanted [..., m, k] and [..., n, k], got [2, 4, 5] and [5, 3]",
    );
    expect(() => matmul(zeros([4, 5]), zeros([4]))).toThrow(ShapeError);
    expect(() => matmul(zeros([2, 3, 4]), zeros([3, 4, 5]))).toThrow(
      "shapes that broadcast, got [2] and [3]",
    );
    expect(() => matmul(tensor(1), zeros([1]))).toThrow("matmul: wanted tensors of rank 1 or more");
  });
});

onEveryRuntime("linear", (test) => {
  test("multiplies by the weight's rows and adds the bias", () => {
    const weight = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a matrix
    expect(linear(tensor([1, 1]), weight).toArray()).toEqual([3, 7, 11]);
    expect(linear(tensor([[1, 0], [0, 1]]), weight, tensor([10, 20, 30])).toArray()).toEqual([[11, 23, 35], [12, 24, 36]]); // biome-ignore format: a matrix
    expect(linear(zeros([2, 0]), zeros([1, 0]), tensor([7])).toArray()).toEqual([[7], [7]]);
    expect(linear(zeros([0, 4, 2]), weight).shape).toEqual([0, 4, 3]);
  });

  test("gives gradients of 0 where there are no rows", () => {
    const weight = ones([2, 3]);
    weight.requiresGrad = true;
    const [, dBias] = gradientsAt((x, bias) => linear(x, weight, bias), [[[1, 2, 3]], [0, 0]]);
    expect(dBias!.toArray()).toEqual([1, 1]);
  });

  test("refuses shapes and dtypes that do not fit", () => {
    const weight = zeros([3, 2]);
    expect(() => linear(zeros([4, 3]), weight)).toThrow(
      "linear: wanted x of [..., k] and a weight of [n, k], got [4, 3] and [3, 2]",
    );
    expect(() => linear(zeros([4, 2]), weight, zeros([2]))).toThrow("linear: wanted a bias of [3], got [2]");
    expect(() => linear(tensor(1), zeros([1, 1]))).toThrow(ShapeError);
    expect(() => linear(zeros([1, 2]), zeros([2]))).toThrow(ShapeError);
    expect(() => linear(zeros([4, 2], { dtype: "i32" }), weight)).toThrow(DTypeError);
  });
});

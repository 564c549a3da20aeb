import fc from "fast-check";
import { expect } from "vitest";
import { ArgumentError, ShapeError } from "../../src/errors.ts";
import { einsum, reshape } from "../../src/ops/index.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import { arange, tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { indexAt } from "../../src/testing/indexAt.ts";
import { drawFloats } from "../support/inputs.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import type { InputSpec } from "../support/opCase.ts";
import { effort } from "../support/seed.ts";

const LETTERS = [..."abcd"];

/** An equation in which every axis has a letter, and its operands. */
interface Problem {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly operands: readonly InputSpec[];
  readonly sizes: Readonly<Record<string, number>>;
}

/** Up to three operands of up to four axes, letters repeated inside an operand and among them, some axes of size 1 or 0. */
const problems: fc.Arbitrary<Problem> = fc
  .record({
    inputs: fc.array(fc.array(fc.constantFrom(...LETTERS), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    sizes: fc.tuple(...LETTERS.map(() => fc.constantFrom(1, 2, 3, 4, 2, 3, 4, 0))),
    ones: fc.array(fc.subarray(LETTERS, { maxLength: 1 }), { minLength: 3, maxLength: 3 }),
    order: fc.shuffledSubarray(LETTERS),
  })
  .chain(({ inputs, sizes, ones, order }) => {
    const shapes = inputs.map((labels, i) =>
      labels.map((label) => (ones[i]!.includes(label) ? 1 : sizes[LETTERS.indexOf(label)]!)),
    );
    const used: Record<string, number> = {};
    inputs.flat().forEach((label, i) => {
      const size = shapes.flat()[i]!;
      if (size !== 1 || !(label in used)) used[label] = size;
    });
    const output = order.filter((label) => label in used).join("");
    return fc.tuple(...shapes.map((shape) => drawFloats(shape))).map((operands) => ({
      inputs: inputs.map((labels) => labels.join("")),
      output,
      operands,
      sizes: used,
    }));
  });

/** The sum over every assignment of an index to each letter, product by product. */
function naive({ inputs, output, operands, sizes }: Problem): { shape: Shape; values: Float64Array } {
  const labels = Object.keys(sizes);
  const space = labels.map((label) => sizes[label]!);
  const shape = [...output].map((label) => sizes[label]!);
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < sizeOf(space); i++) {
    const index = indexAt(i, space);
    const chosen = (label: string) => index[labels.indexOf(label)]!;
    const offset = (letters: string, shape: Shape) =>
      [...letters].reduce(
        (at, label, axis) => at * shape[axis]! + (shape[axis] === 1 ? 0 : chosen(label)),
        0,
      );
    values[offset(output, shape)]! += operands.reduce(
      (product, { shape, data }, operand) => product * data[offset(inputs[operand]!, shape)]!,
      1,
    );
  }
  return { shape, values };
}

onEveryRuntime("einsum", (test) => {
  test("is the sum over all letters that the result lacks", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { inputs, output, operands } = problem;
        const y = einsum(
          `${inputs.join(",")}->${output}`,
          ...operands.map(({ shape, data }) => tensor(Float64Array.from(data), { shape })),
        );
        const expected = naive(problem);
        expect(y.shape).toEqual(expected.shape);
        // At most 4⁴ terms, each of three factors of at most 2, in f32.
        expectClose(y, expected.values, { relative: 1e-5, absolute: 1e-4 });
      }),
      { numRuns: 200 * effort },
    );
  });

  test("orders an unwritten result by the alphabet, ellipsis first", () => {
    const x = reshape(arange(6), [2, 3]);
    expect(einsum("ba", x).toArray()).toEqual([[0, 3], [1, 4], [2, 5]]); // biome-ignore format: a matrix
    expect(einsum("ab", x).toArray()).toEqual(x.toArray());
    expect(einsum("ij,jk", x, zeros([3, 4])).shape).toEqual([2, 4]);
    expect(einsum("ii", reshape(arange(4), [2, 2])).toArray()).toBe(3);
    expect(einsum("a...", zeros([2, 3, 4])).shape).toEqual([3, 4, 2]);
    expect(einsum("Zb,bA", zeros([2, 3]), zeros([3, 5])).shape).toEqual([5, 2]);
  });

  test("broadcasts what an ellipsis stands for, and sums it where the result has none", () => {
    expect(einsum("...ij,...jk->...ik", zeros([5, 1, 2, 3]), zeros([4, 3, 2])).shape).toEqual([5, 4, 2, 2]);
    expect(einsum("b...,b...->b", tensor([[1, 2], [3, 4]]), tensor([[1], [2]])).toArray()).toEqual([3, 14]); // biome-ignore format: a matrix
    expect(einsum("i...->i", reshape(arange(8), [2, 2, 2])).toArray()).toEqual([6, 22]);
    expect(einsum("...", tensor([1, 2])).toArray()).toEqual([1, 2]);
  });

  test("takes diagonals, scalars, spaces and whole numbers", () => {
    const x = reshape(arange(9), [3, 3]);
    expect(einsum("ii->i", x).toArray()).toEqual([0, 4, 8]);
    expect(einsum(" i j -> j i ", x).toArray()).toEqual([[0, 3, 6], [1, 4, 7], [2, 5, 8]]); // biome-ignore format: a matrix
    expect(einsum(",", tensor(2), tensor(3)).toArray()).toBe(6);
    expect(einsum("i,i", tensor(Int32Array.of(1, 2)), tensor([0.5, 1])).toArray()).toBe(2.5);
  });

  test("gives a new handle even where nothing changes", () => {
    const x = tensor([1, 2]);
    const y = einsum("i->i", x);
    y.dispose();
    expect(x.toArray()).toEqual([1, 2]);
  });

  test("refuses equations that say nothing, and shapes that they do not fit", () => {
    const x = zeros([2, 3]);
    expect(() => einsum("ij,jk", x)).toThrow('einsum: wanted an equation for 1 operands, got "ij,jk"');
    expect(() => einsum("ij->k", x)).toThrow("a result whose axes occur on the left");
    expect(() => einsum("ij->ii", x)).toThrow("a result that names each axis once");
    expect(() => einsum("i1", x)).toThrow("an equation of letters");
    expect(() => einsum("...i...", x)).toThrow(ArgumentError);
    expect(() => einsum("ij->i->j", x)).toThrow("at most one ->");
    expect(() => einsum("i", x)).toThrow('einsum: wanted an operand with the axes "i", got [2, 3]');
    expect(() => einsum("ijk...", x)).toThrow(ShapeError);
    expect(() => einsum("ii", x)).toThrow('einsum: wanted axes of one size for a repeated "i", got [2, 3]');
    expect(() => einsum("ij,ij", x, zeros([2, 4]))).toThrow(
      'einsum: wanted a size of 3 or 1 for axis "j", got [2, 4]',
    );
    expect(() => einsum("i")).toThrow("einsum: wanted one tensor or more");
  });
});

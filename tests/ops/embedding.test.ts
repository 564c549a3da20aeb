import { expect } from "vitest";
import { dropout } from "../../src/ops/dropout.ts";
import { embedding } from "../../src/ops/embedding.ts";
import { Random } from "../../src/random.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { ones, tensor, zeros } from "../../src/tensor/create.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { embeddingCases } from "./cases/embedding.ts";

opSuite(embeddingCases);

onEveryRuntime("embedding", (test) => {
  test("takes rows, and adds the gradients of a row that is taken twice", () => {
    const weight = tensor(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { requiresGrad: true },
    );
    const y = embedding(weight, tensor(Int32Array.of(2, 0, 2)));
    expect(y.toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ]);
    const [dWeight] = gradientsOf(
      [y],
      [
        tensor([
          [1, 10],
          [2, 20],
          [3, 30],
        ]),
      ],
      [weight],
    );
    expect(dWeight!.toArray()).toEqual([
      [2, 20],
      [0, 0],
      [4, 40],
    ]);
  });

  test("keeps the shape of the indices", () => {
    expect(embedding(zeros([4, 3]), zeros([2, 5], { dtype: "i32" })).shape).toEqual([2, 5, 3]);
    expect(embedding(zeros([4, 3]), zeros([], { dtype: "i32" })).shape).toEqual([3]);
    expect(embedding(zeros([0, 3]), zeros([0], { dtype: "i32" })).shape).toEqual([0, 3]);
  });

  test("names an index that is not there", () => {
    const weight = zeros([4, 3]);
    expect(() => embedding(weight, tensor(Int32Array.of(0, 4)))).toThrow(
      /indices from 0 to 3, got .*4 at place 1/,
    );
    expect(() => embedding(weight, tensor(Int32Array.of(-1)))).toThrow(
      /indices from 0 to 3, got .*-1 at place 0/,
    );
    expect(() => embedding(weight, tensor([0]))).toThrow("embedding: wanted i32 indices");
    expect(() => embedding(zeros([4]), tensor(Int32Array.of(0)))).toThrow(
      "embedding: wanted a weight of [V, C]",
    );
  });
});

onEveryRuntime("dropout", (test) => {
  const random = new Random(3);

  test("drops about the share it is told and scales the rest", () => {
    const y = dropout(ones([10_000]), { rate: 0.25, random }).toTypedArray();
    const dropped = y.filter((value) => value === 0).length;
    // Six standard deviations of a binomial: 6·√(10⁴·¼·¾) = 260.
    expect(Math.abs(dropped - 2500)).toBeLessThan(260);
    for (const value of y) if (value !== 0) expect(value).toBeCloseTo(4 / 3, 6);
  });

  test("drops the same elements for the same key, in backward too", () => {
    const x = ones([100], { requiresGrad: true });
    const y = dropout(x, { rate: 0.5, random });
    expect(dropout(x, { rate: 0.5, random }).toArray()).toEqual(y.toArray());
    expect(dropout(x, { rate: 0.5, random: random.fork(1) }).toArray()).not.toEqual(y.toArray());
    expect(gradientsOf([y], [ones([100])], [x])[0]!.toArray()).toEqual(y.toArray());
  });

  test("returns x itself for rate 0, and zeros for rate 1", () => {
    const x = tensor([1, -2, 3], { requiresGrad: true });
    expect(dropout(x, { rate: 0, random })).toBe(x);
    const y = dropout(x, { rate: 1, random });
    expect(y.toTypedArray().every((value) => value === 0)).toBe(true);
    for (const createGraph of [false, true]) {
      const [dx] = gradientsOf([y], [ones([3])], [x], { createGraph, retainGraph: true });
      expect(dx!.toTypedArray().every((value) => value === 0)).toBe(true);
    }
  });

  test("refuses what is no rate, and integers", () => {
    expect(() => dropout(ones([2]), { rate: 1.5, random })).toThrow(
      "dropout: wanted a rate from 0 to 1, got 1.5",
    );
    expect(() => dropout(ones([2]), { rate: Number.NaN, random })).toThrow(
      "dropout: wanted a rate from 0 to 1",
    );
    expect(() => dropout(ones([2], { dtype: "i32" }), { rate: 0.5, random })).toThrow(
      "wanted floats, got i32",
    );
  });
});

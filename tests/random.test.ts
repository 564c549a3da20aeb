import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "../src/errors.ts";
import { philox4x32, Random } from "../src/random.ts";

const hex = (words: Uint32Array) => Array.from(words, (w) => w.toString(16).padStart(8, "0")).join(" ");

describe("philox4x32", () => {
  /** Known answers published with the generator (Random123, kat_vectors). */
  test.each([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [[-1, -1, -1, -1], [-1, -1], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ] as const)("counter %j, key %j", ([c0, c1, c2, c3], [key0, key1], answer) => {
    const out = new Uint32Array(4);
    philox4x32(c0, c1, key0, key1, out, c2, c3);
    expect(hex(out)).toBe(answer);
  });
});

describe("Random", () => {
  const integers = fc.maxSafeInteger();

  test("is a function of its seed alone", () => {
    fc.assert(
      fc.property(integers, fc.nat(), (seed, index) => {
        expect(new Random(seed).uniform(index)).toBe(new Random(seed).uniform(index));
      }),
    );
  });

  test("different seeds, names and numbers give different keys", () => {
    const random = new Random(1);
    const names = ["", "a", "b", "ab", "ba", "aa", "weight", "1", "\0", "😀"];
    const seeds = [
      0,
      1,
      -1,
      2 ** 32,
      2 ** 32 + 1,
      -(2 ** 32),
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ];
    const keys = [
      ...names.map((name) => random.fork(name)),
      ...seeds.map((n) => random.fork(n)),
      ...seeds.map((n) => new Random(n)),
      random.fork("a").fork("b"),
      random.fork(1).fork(2),
      random.fork(2).fork(1),
    ];
    expect(new Set(keys.map(({ key0, key1 }) => `${key0},${key1}`)).size).toBe(keys.length);
  });

  test.each([0.5, Number.NaN, Infinity, 2 ** 53])("refuses the seed %d", (seed) => {
    expect(() => new Random(seed)).toThrow(ArgumentError);
    expect(() => new Random(1).fork(seed)).toThrow(ArgumentError);
    expect(() => Random.fromState({ key0: seed > 1 ? 0.5 : seed, key1: 0 })).toThrow(ArgumentError);
  });

  test("survives JSON", () => {
    fc.assert(
      fc.property(integers, fc.string(), (seed, name) => {
        const random = new Random(seed).fork(name);
        const again = Random.fromState(JSON.parse(JSON.stringify(random.state())));
        expect(again).toEqual(random);
        expect(again.uniform(7)).toBe(random.uniform(7));
      }),
    );
  });

  test("uniform takes the words of a block in order", () => {
    fc.assert(
      fc.property(integers, fc.nat(), (seed, block) => {
        const random = new Random(seed);
        const words = new Uint32Array(4);
        philox4x32(block, 0, random.key0, random.key1, words);
        const drawn = [0, 1, 2, 3].map((i) => random.uniform(4 * block + i));
        expect(drawn).toEqual(Array.from(words, (w) => Math.floor(w / 256) / 2 ** 24));
      }),
    );
  });

  test("uniform has the moments of the uniform distribution", () => {
    const count = 40_000;
    const random = new Random(5);
    const draws = Array.from({ length: count }, (_, i) => random.uniform(i));
    const mean = draws.reduce((a, b) => a + b) / count;
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
    const covariance =
      draws.reduce((a, b, i) => a + (b - mean) * (draws[(i + 1) % count]! - mean), 0) / count;
    // Five standard errors: of the mean √(1/12/n), of the variance √(1/180/n), of the covariance of
    // neighbours 1/12/√n.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / count));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / count));
    expect(Math.abs(covariance)).toBeLessThan(5 / 12 / Math.sqrt(count));
  });

  test("integer stays in its range and takes each value equally often", () => {
    fc.assert(
      fc.property(integers, fc.integer(), fc.integer({ min: 1, max: 2 ** 40 }), (seed, low, range) => {
        const value = new Random(seed).integer(seed & 0xffff, low, low + range);
        expect(Number.isInteger(value) && value >= low && value < low + range).toBe(true);
      }),
    );
    const counts = new Array<number>(7).fill(0);
    const random = new Random(11);
    for (let i = 0; i < 70_000; i++) counts[random.integer(i, -3, 4) + 3]!++;
    const chiSquare = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    // The 99.99th percentile of χ² with six degrees of freedom.
    expect(chiSquare).toBeLessThan(27.9);
  });
});

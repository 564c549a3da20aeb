import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minP, topK, topP, typical } from "../../src/generation/filters.ts";
import { tokenProbabilities } from "../../src/generation/sampling.ts";
import { bestTokens, nthLargest } from "../../src/generation/selection.ts";

/** Values with many ties. */
const someValues = fc
  .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -9, max: 9, noNaN: true })), {
    minLength: 1,
    maxLength: 40,
  })
  .map((values) => Float64Array.from(values));
const someChances = someValues.map((values) => values.map((value) => Math.exp(value)));

const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const kept = (chances: Float64Array) => [...chances.keys()].filter((token) => chances[token]! > 0);

/** Checks that what a filter keeps is as it was. */
function expectUnchanged(filtered: Float64Array, chances: Float64Array): void {
  for (const token of kept(filtered)) expect(filtered[token]).toBe(chances[token]);
}

describe("minP", () => {
  it("keeps what is at least so likely as that part of the best", () => {
    const chances = Float64Array.of(0.5, 0.25, 0.125, 0.125);
    expect(kept(minP(chances, 0.5))).toEqual([0, 1]);
    expect(kept(minP(chances, 0.51))).toEqual([0]);
    expect(kept(minP(chances, 0))).toEqual([0, 1, 2, 3]);
  });

  it("keeps the best always, and no worse one in a better one's place", () => {
    fc.assert(
      fc.property(someChances, fc.double({ min: 0, max: 1, noNaN: true }), (chances, share) => {
        const filtered = minP(chances, share);
        const best = Math.max(...chances);
        expect(kept(filtered)).toEqual([...chances.keys()].filter((i) => chances[i]! >= share * best));
        expectUnchanged(filtered, chances);
      }),
    );
  });
});

describe("typical", () => {
  it("keeps those nearest to the entropy, in an example by hand", () => {
    // Entropy of 1/2, 1/4, 1/8, 1/8 in bits: 1.75. Distances: 0.75, 0.25, 1.25, 1.25.
    const chances = Float64Array.of(0.5, 0.25, 0.125, 0.125);
    expect(kept(typical(chances, 0.2))).toEqual([1]);
    expect(kept(typical(chances, 0.3))).toEqual([0, 1]);
    expect(kept(typical(chances, 0.8))).toEqual([0, 1, 2]);
  });

  it("keeps the fewest of the most typical that reach the sum", () => {
    fc.assert(
      fc.property(someChances, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (chances, share) => {
        const sum = total(chances);
        const entropy = total(chances.map((chance) => -(chance / sum) * Math.log(chance / sum)));
        const distances = chances.map((chance) => Math.abs(-Math.log(chance / sum) - entropy));
        const filtered = typical(chances, share);
        const inside = kept(filtered);
        const outside = [...chances.keys()].filter((i) => !inside.includes(i));
        const farthest = Math.max(...inside.map((i) => distances[i]!));
        for (const i of outside) expect(distances[i]).toBeGreaterThanOrEqual(farthest - 1e-12);
        const mass = inside.map((i) => filtered[i]!);
        expect(total(mass)).toBeGreaterThan(share * sum - 1e-9);
        expect(
          total(mass) -
            Math.max(...inside.filter((i) => distances[i]! > farthest - 1e-12).map((i) => chances[i]!)),
        ).toBeLessThan(share * sum + 1e-9);
        expectUnchanged(filtered, chances);
      }),
    );
  });
});

describe("topK and topP", () => {
  it("keep the best of the logits, where chances are equal too", () => {
    const equal = new Float64Array(4).fill(0.25);
    const logits = Float64Array.of(1, 3, 2, 3);
    expect(kept(topK(equal, logits, 2))).toEqual([1, 3]);
    expect(kept(topK(equal, logits, 1))).toEqual([1]);
    expect(kept(topP(equal, logits, 0.6))).toEqual([1, 2, 3]);
    expect(topK(equal, logits, 9)).toBe(equal);
  });

  it("act in the documented order within tokenProbabilities", () => {
    // 16, 8, 4, 2, 1, 1: topK leaves 16 8 4 2; topP 0.9 of 30 leaves 16 8 4; minP of a quarter all; typical
    // the middle one alone.
    const logits = Float64Array.of(4, 3, 2, 1, 0, 0).map((power) => power * Math.LN2);
    const all = { topK: 4, topP: 0.9, minP: 0.25 };
    expect(kept(tokenProbabilities(logits, { topK: 4 }))).toEqual([0, 1, 2, 3]);
    expect(kept(tokenProbabilities(logits, { topK: 4, topP: 0.9 }))).toEqual([0, 1, 2]);
    expect(kept(tokenProbabilities(logits, { topP: 0.9 }))).toEqual([0, 1, 2, 3]);
    expect(kept(tokenProbabilities(logits, all))).toEqual([0, 1, 2]);
    expect(kept(tokenProbabilities(logits, { ...all, minP: 0.3 }))).toEqual([0, 1]);
    // Of 4/7, 2/7, 1/7 the entropy is 1.38 bits; they have 0.81, 1.81 and 2.81.
    expect(kept(tokenProbabilities(logits, { ...all, typical: 0.2 }))).toEqual([1]);
  });

  it.each([
    [{ minP: -0.1 }, "a minP from 0 to 1, got -0.1"],
    [{ minP: 1.1 }, "a minP from 0 to 1, got 1.1"],
    [{ typical: 0 }, "a typical above 0, 1 at most, got 0"],
    [{ typical: Number.NaN }, "a typical above 0, 1 at most, got NaN"],
  ])("refuse %j beside them", (options, message) => {
    expect(() => tokenProbabilities(Float64Array.of(1, 2), options)).toThrow(message);
  });
});

describe("selection", () => {
  it("finds the largest values as sorting does", () => {
    fc.assert(
      fc.property(someValues, fc.nat(), (values, at) => {
        const rank = (at % values.length) + 1;
        const ranking = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
        expect(nthLargest(values, rank)).toBe(values[ranking[rank - 1]!]);
        expect(bestTokens(values, rank)).toEqual(ranking.slice(0, rank));
      }),
    );
  });

  it("gives all where more are asked for", () => {
    expect(bestTokens(Float64Array.of(1, 3, 2), 9)).toEqual([1, 2, 0]);
  });
});

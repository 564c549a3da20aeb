import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, errorRates } from "../../src/train/sequenceMetrics.ts";

/** By its definition, without a table. */
function distanceByDefinition(from: string, to: string): number {
  if (from === "" || to === "") return from.length + to.length;
  const substituted = distanceByDefinition(from.slice(1), to.slice(1)) + (from[0] === to[0] ? 0 : 1);
  const deleted = distanceByDefinition(from.slice(1), to) + 1;
  return Math.min(substituted, deleted, distanceByDefinition(from, to.slice(1)) + 1);
}

describe("editDistance", () => {
  it("counts as by hand", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance(["DH", "AH"], ["DH", "IY"])).toBe(1);
    expect(editDistance(Int32Array.of(1, 2, 3), [2, 3, 4])).toBe(2);
  });

  it("is the least that its definition finds", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
    fc.assert(
      fc.property(text, text, (from, to) => {
        expect(editDistance(from, to)).toBe(distanceByDefinition(from, to));
        expect(editDistance(to, from)).toBe(editDistance(from, to));
      }),
    );
  });
});

describe("errorRates", () => {
  it("compares with the nearest reference, of equally near ones the longest", () => {
    const rates = errorRates(["abc", "xy", "q"], [["abcd", "abc"], ["x", "xyz"], ["rst"]]); // biome-ignore format: lists
    // abc: right, of 3. xy: one edit from x and from xyz, of 3. q: three edits, of 3.
    expect(rates).toEqual({ symbolErrorRate: 4 / 9, sequenceErrorRate: 2 / 3, edits: 4, symbols: 9 });
  });

  it("may be more than 1, and refuses what has no reference", () => {
    expect(errorRates(["abcd"], [["x"]]).symbolErrorRate).toBe(4);
    expect(errorRates(["a"], [[""]]).symbolErrorRate).toBe(Infinity);
    expect(errorRates([""], [[""]]).symbolErrorRate).toBe(0);
    expect(() => errorRates(["a"], [[]])).toThrow("a reference for each sequence");
    expect(() => errorRates(["a"], [])).toThrow("1 sequences, got 0");
    expect(() => errorRates([], [])).toThrow("at least one");
  });
});

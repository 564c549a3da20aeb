import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Merger } from "../../src/text/merger.ts";
import { PairTable } from "../../src/text/pairTable.ts";

/** Pairs by rank; each becomes a token of its own, or one that is there already. */
const tables = fc.uniqueArray(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7), fc.nat(9)), {
  maxLength: 20,
  selector: ([left, right]) => 8 * left + right,
});

/** The definition: the pair of lowest rank, the leftmost of equals, again and again. */
function naive(given: readonly number[], pairs: readonly (readonly number[])[]): number[] {
  const ids = [...given];
  for (;;) {
    let best: { at: number; rank: number; merged: number } | null = null;
    for (let at = 0; at + 1 < ids.length; at++) {
      const pair = pairs.find(([left, right]) => left === ids[at] && right === ids[at + 1]);
      if (pair === undefined) continue;
      const [, , merged, rank] = pair as [number, number, number, number];
      if (best === null || rank < best.rank) best = { at, rank, merged };
    }
    if (best === null) return ids;
    ids.splice(best.at, 2, best.merged);
  }
}

describe("Merger", () => {
  it("merges as the definition does, words short and long, ranks shared or not", () => {
    fc.assert(
      fc.property(tables, fc.array(fc.nat(7), { maxLength: 80 }), (pairs, row) => {
        const table = new PairTable(0);
        for (const [left, right, merged, rank] of pairs) table.add(left, right, rank, merged);
        const ids = Int32Array.from(row);
        const count = new Merger(table).merge(ids, ids.length);
        expect([...ids.subarray(0, count)]).toEqual(naive(row, pairs));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps nothing from one word to the next", () => {
    const table = new PairTable(4);
    table.add(0, 0, 0, 1);
    table.add(1, 1, 1, 2);
    const merger = new Merger(table);
    for (const length of [100_000, 3, 40, 25, 24, 100_000]) {
      const ids = new Int32Array(length);
      const halves = Math.floor(length / 2);
      const wanted = Math.floor(halves / 2) + (halves % 2) + (length % 2);
      expect(merger.merge(ids, length)).toBe(wanted);
    }
  });
});

describe("PairTable", () => {
  it("finds what was added, however much it grows", () => {
    const table = new PairTable(0);
    for (let i = 0; i < 5000; i++) expect(table.add(i % 71, i, i, 2 * i)).toBe(true);
    expect(table.size).toBe(5000);
    for (let i = 0; i < 5000; i++) {
      const place = table.find(i % 71, i);
      expect([table.rankAt(place), table.mergedAt(place)]).toEqual([i, 2 * i]);
      expect(table.find(i, -2)).toBe(-1);
    }
    expect(table.add(0, 0, 9, 9)).toBe(false);
    expect(table.rankAt(table.find(0, 0))).toBe(0);
  });
});

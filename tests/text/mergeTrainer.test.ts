import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learnMerges } from "../../src/text/mergeTrainer.ts";

type Words = readonly (readonly [symbols: readonly number[], count: number])[];

/** The definition, slowly: all pairs are counted anew for every merge. */
function naiveMerges(given: Words, firstId: number, merges: number, minFrequency: number): number[] {
  let words = given.map(([symbols, count]) => [[...symbols], count] as const);
  const learnt: number[] = [];
  for (let merged = firstId; merged < firstId + merges; merged++) {
    const counts = new Map<string, number>();
    for (const [symbols, count] of words) {
      for (let i = 0; i + 1 < symbols.length; i++) {
        const pair = `${symbols[i]} ${symbols[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + count);
      }
    }
    const sorted = [...counts]
      .map(([pair, count]) => [...pair.split(" ").map(Number), count] as [number, number, number])
      .sort(([a, b, m], [c, d, n]) => n - m || a - c || b - d);
    const [best] = sorted;
    if (best === undefined || best[2] < minFrequency) break;
    const [left, right] = best;
    learnt.push(left, right);
    words = words.map(([symbols, count]) => {
      const next: number[] = [];
      for (let i = 0; i < symbols.length; i++) {
        if (symbols[i] === left && symbols[i + 1] === right) {
          next.push(merged);
          i++;
        } else next.push(symbols[i]!);
      }
      return [next, count] as const;
    });
  }
  return learnt;
}

function learnt(words: Words, options: { firstId: number; merges: number; minFrequency: number }): number[] {
  const ends: number[] = [];
  const symbols = words.flatMap(([row]) => {
    ends.push((ends.at(-1) ?? 0) + row.length);
    return row;
  });
  const counts = words.map(([, count]) => count);
  return [
    ...learnMerges({ symbols: Int32Array.from(symbols), ends: Int32Array.from(ends), counts }, options),
  ];
}

describe("learnMerges", () => {
  it("learns what counting all pairs anew each time would", () => {
    const word = fc.tuple(fc.array(fc.nat(3), { maxLength: 12 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (words, minFrequency) => {
          const options = { firstId: 4, merges: 20, minFrequency };
          expect(learnt(words, options)).toEqual(naiveMerges(words, 4, 20, minFrequency));
        },
      ),
    );
  });

  it("merges a run of one symbol from the left", () => {
    const words: Words = [[[0, 0, 0, 0, 0], 1]];
    expect(learnt(words, { firstId: 1, merges: 3, minFrequency: 1 })).toEqual([0, 0, 1, 0, 1, 2]);
  });

  it("takes the smaller symbols of equally frequent pairs", () => {
    const words: Words = [
      [[2, 1], 3],
      [[1, 2], 3],
      [[1, 1], 3],
    ];
    expect(learnt(words, { firstId: 3, merges: 3, minFrequency: 1 })).toEqual([1, 1, 1, 2, 2, 1]);
  });
});

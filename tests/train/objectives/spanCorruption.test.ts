import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Random } from "../../../src/random.ts";
import { corruptSpans, SpanBatches } from "../../../src/train/objectives/spanCorruption.ts";
import { exactRuntime } from "../../support/runtimes.ts";

const runtime = exactRuntime();
afterAll(() => {
  expect(runtime.memoryStats().liveTensors).toBe(0);
  runtime.dispose();
});

/** From 1000 downwards, as T5 numbers them. */
const sentinels = Array.from({ length: 100 }, (_, i) => 1000 - i);
const isSentinel = (token: number) => token > 900;

/** Puts the spans of a target back into a source. */
function restore(source: Int32Array, target: Int32Array): number[] {
  return [...source].flatMap((token) => {
    if (!isSentinel(token)) return [token];
    const start = target.indexOf(token) + 1;
    const rest = target.subarray(start);
    return [...rest.subarray(0, rest.findIndex(isSentinel))];
  });
}

const spanLengths = (target: Int32Array) => {
  const places = [...target.keys()].filter((place) => isSentinel(target[place]!));
  return places.slice(1).map((place, i) => place - places[i]! - 1);
};

describe("corruptSpans", () => {
  const sizes = fc.record({
    length: fc.integer({ min: 2, max: 120 }),
    seed: fc.nat(1e6),
    rate: fc.constantFrom(0.05, 0.15, 0.5, 0.9),
    meanSpan: fc.constantFrom(1, 3, 10),
  });

  it("leaves out what the target has, and nothing is lost", () => {
    fc.assert(
      fc.property(sizes, ({ length, seed, rate, meanSpan }) => {
        const text = Int32Array.from({ length }, (_, i) => i);
        const { source, target } = corruptSpans(text, new Random(seed), { sentinels, rate, meanSpan });
        expect(restore(source, target)).toEqual([...text]);
        const left = Math.min(length - 1, Math.max(1, Math.round(rate * length)));
        const spans = spanLengths(target);
        expect(spans.reduce((sum, span) => sum + span, 0)).toBe(left);
        expect(spans).toHaveLength(Math.min(length - left, Math.max(1, Math.round(left / meanSpan))));
        expect(spans.every((span) => span > 0)).toBe(true);
        expect([...source].filter(isSentinel)).toEqual(sentinels.slice(0, spans.length));
        expect([...target].filter(isSentinel)).toEqual(sentinels.slice(0, spans.length + 1));
        expect(target.at(-1)).toBe(sentinels[spans.length]);
        expect(isSentinel(source[0]!)).toBe(false);
        const neighbours = source.some((token, i) => isSentinel(token) && isSentinel(source[i + 1] ?? 0));
        expect(neighbours).toBe(false);
      }),
    );
  });

  it("shares symbols among spans in all ways alike", () => {
    // Four symbols in two spans, of twelve: (1, 3), (2, 2) and (3, 1).
    const options = { sentinels, rate: 4 / 12, meanSpan: 2 };
    const counts = [0, 0, 0];
    for (let seed = 0; seed < 900; seed++) {
      const { target } = corruptSpans(new Int32Array(12).fill(7), new Random(seed), options);
      counts[spanLengths(target)[0]! - 1]!++;
    }
    // Within 4 standard deviations of a share of 1/3 of 900.
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(4 * Math.sqrt(200));
  });

  it("refuses what it cannot do", () => {
    const corrupt = (length: number, options = {}) =>
      corruptSpans(new Int32Array(length), new Random(1), { sentinels, ...options });
    expect(() => corrupt(1)).toThrow("a text of at least two symbols, got 1");
    expect(() => corrupt(9, { rate: 1 })).toThrow("corruptSpans.rate");
    expect(() => corrupt(9, { meanSpan: 0.5 })).toThrow("corruptSpans.meanSpan");
    expect(() => corrupt(100, { sentinels: [8, 9] })).toThrow("6 sentinels for 100 symbols, got 2");
  });
});

describe("SpanBatches", () => {
  const symbols = { startToken: 901, endToken: 902, paddingToken: 903 };
  const options = { ...symbols, sentinels, batch: 3, contextLength: 20, random: new Random(2), runtime };
  const text = Int32Array.from({ length: 50 }, (_, i) => i);
  const read = (step: number) =>
    runtime.scope(() => {
      const { source, target, next, sourceLengths, targetLengths } = new SpanBatches(text, options).at(step);
      const [sources, targets, nexts] = [source, target, next].map((rows) => rows.toArray() as number[][]);
      return { sources: sources!, targets: targets!, nexts: nexts!, sourceLengths, targetLengths };
    });

  it("are windows of the text, all equally long", () => {
    const { sources, targets, nexts, sourceLengths, targetLengths } = read(0);
    // 3 of 20 symbols in one span: 17 and a sentinel, 3 between two sentinels.
    expect(sourceLengths).toEqual([18, 18, 18]);
    expect(targetLengths).toEqual([6, 6, 6]);
    sources.forEach((source, row) => {
      expect(targets[row]![0]).toBe(901);
      expect(nexts[row]).toEqual([...targets[row]!.slice(1), 902]);
      const restored = restore(Int32Array.from(source), Int32Array.from(targets[row]!.slice(1)));
      expect(restored).toEqual(Array.from({ length: 20 }, (_, i) => restored[0]! + i));
    });
    expect(new SpanBatches(text, options).tokensPerBatch).toBe(3 * (18 + 6));
    expect(read(0)).toEqual(read(0));
    expect(read(1)).not.toEqual(read(0));
  });

  it("refuses a text that is shorter than the context", () => {
    expect(() => new SpanBatches(text, { ...options, batch: 0 })).toThrow("SpanBatches.batch");
    expect(() => new SpanBatches(text.subarray(0, 19), options)).toThrow("at least 20 symbols, got 19");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, NonFiniteError } from "../../src/errors.ts";
import { type SamplingOptions, sampleToken, tokenProbabilities } from "../../src/generation/sampling.ts";

/** Logits with many ties, some tokens that cannot come, and one that can. */
const anyLogits = fc
  .array(
    fc.oneof(
      fc.double({ min: -20, max: 20, noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constant(-Infinity),
    ),
    { maxLength: 30 },
  )
  .chain((rest) => fc.nat(rest.length).map((at) => Float64Array.from(rest.toSpliced(at, 0, 1))));

const anyOptions: fc.Arbitrary<SamplingOptions> = fc.record(
  {
    temperature: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 10, noNaN: true })),
    topK: fc.integer({ min: 1, max: 40 }),
    topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
  },
  { requiredKeys: [] },
);

/** Tokens from the best to the worst; the first of equals is the better one. */
const ranking = (logits: Float64Array) => [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);

const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

/** The tokens that have a chance. */
const kept = (chances: Float64Array) => [...chances.keys()].filter((token) => chances[token]! > 0);

const rising = (tokens: readonly number[]) => tokens.toSorted((a, b) => a - b);

describe("tokenProbabilities", () => {
  it("is the softmax of logits / temperature", () => {
    const logits = Float32Array.of(1, 3, 2);
    const powers = [1, 3, 2].map((logit) => Math.exp(logit / 0.5));
    const chances = tokenProbabilities(logits, { temperature: 0.5 });
    for (const [i, power] of powers.entries()) expect(chances[i]).toBeCloseTo(power / total(powers), 14);
  });

  it("sums to 1, whatever the options", () => {
    fc.assert(
      fc.property(anyLogits, anyOptions, (logits, options) => {
        const chances = tokenProbabilities(logits, options);
        expect(chances.every((chance) => chance >= 0)).toBe(true);
        expect(total(chances)).toBeCloseTo(1, 12);
      }),
    );
  });

  it("keeps the k best of topK, exactly k of equals, in their proportions", () => {
    fc.assert(
      fc.property(anyLogits, fc.integer({ min: 1, max: 40 }), (logits, topK) => {
        const all = tokenProbabilities(logits);
        const chances = tokenProbabilities(logits, { topK });
        const best = ranking(logits).slice(0, topK);
        expect(kept(chances)).toEqual(rising(best.filter((token) => all[token]! > 0)));
        const share = total(best.map((token) => all[token]!));
        for (const token of best) expect(chances[token]).toBeCloseTo(all[token]! / share, 12);
      }),
    );
  });

  it("ranks by logits even where a high temperature makes the chances equal", () => {
    const chances = tokenProbabilities(Float64Array.of(1, 2, 3), { temperature: 1e300, topK: 1 });
    expect([...chances]).toEqual([0, 0, 1]);
  });

  it("keeps the fewest of the best that reach topP", () => {
    fc.assert(
      fc.property(anyLogits, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (logits, topP) => {
        const all = tokenProbabilities(logits);
        const nucleus = kept(tokenProbabilities(logits, { topP }));
        expect(nucleus).toEqual(rising(ranking(logits).slice(0, nucleus.length)));
        const mass = nucleus.map((token) => all[token]!);
        expect(total(mass)).toBeGreaterThan(topP - 1e-12);
        expect(total(mass) - Math.min(...mass)).toBeLessThan(topP + 1e-12);
      }),
    );
  });

  it("applies topP to what topK left", () => {
    // 1/2, 1/4, 1/8, 1/8: the best two are 2/3 and 1/3 of what they share.
    const logits = Float64Array.of(2, 1, 0, 0).map((power) => power * Math.LN2);
    expect(kept(tokenProbabilities(logits, { topK: 2, topP: 0.6 }))).toEqual([0]);
    expect(kept(tokenProbabilities(logits, { topP: 0.6 }))).toEqual([0, 1]);
  });

  it("stays exact at temperatures that overflow", () => {
    expect([...tokenProbabilities(Float64Array.of(-1, 5, 5, 0), { temperature: 1e-320 })]).toEqual([
      0, 0.5, 0.5, 0,
    ]);
  });
});

describe("sampleToken", () => {
  it("draws each token as often as its probability says", () => {
    fc.assert(
      fc.property(anyLogits, anyOptions, (logits, options) => {
        const draws = 400;
        const counts = new Float64Array(logits.length);
        // Uniform numbers in the middle of equal parts: a token's part of [0, 1) holds its share, ± 1.
        for (let i = 0; i < draws; i++) counts[sampleToken(logits, (i + 0.5) / draws, options)]!++;
        for (const [token, chance] of tokenProbabilities(logits, options).entries()) {
          expect(Math.abs(counts[token]! - draws * chance)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it("never draws a token that cannot come, at either end of [0, 1)", () => {
    const logits = Float32Array.of(-Infinity, 0, 0, -Infinity);
    expect(sampleToken(logits, 0)).toBe(1);
    expect(sampleToken(logits, 1 - 2 ** -53)).toBe(2);
  });

  it("takes the first of the best at temperature 0", () => {
    fc.assert(
      fc.property(anyLogits, fc.double({ min: 0, max: 0.999, noNaN: true }), (logits, uniform) => {
        expect(sampleToken(logits, uniform, { temperature: 0 })).toBe(ranking(logits)[0]);
      }),
    );
  });

  it("draws the same from f32 and f64", () => {
    fc.assert(
      fc.property(
        anyLogits,
        anyOptions,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (logits, options, u) => {
          const narrow = Float32Array.from(logits);
          expect(sampleToken(narrow, u, options)).toBe(sampleToken(Float64Array.from(narrow), u, options));
        },
      ),
    );
  });

  it.each([
    [[Number.NaN, Number.NaN], "sampling: the logit of token 0 is NaN"],
    [[1, 2, Number.NaN], "sampling: the logit of token 2 is NaN"],
    [[1, Infinity], "sampling: the largest logit, of token 1, is Infinity"],
    [[-Infinity, -Infinity], "sampling: the largest logit, of token 0, is -Infinity"],
  ])("refuses the logits %j at every temperature", (logits, message) => {
    for (const temperature of [0, 1]) {
      const sample = () => sampleToken(Float32Array.from(logits), 0.5, { temperature });
      expect(sample).toThrow(NonFiniteError);
      expect(sample).toThrow(message);
    }
  });

  it.each<[number[], number, SamplingOptions, string]>([
    [[], 0.5, {}, "at least one logit"],
    [[1], 1, {}, "a uniform number in [0, 1), got 1"],
    [[1], -0.1, {}, "a uniform number in [0, 1)"],
    [[1], Number.NaN, {}, "a uniform number in [0, 1), got NaN"],
    [[1], 0.5, { temperature: -1 }, "a temperature from 0 on, got -1"],
    [[1], 0.5, { temperature: Infinity }, "a temperature from 0 on, got Infinity"],
    [[1], 0.5, { topK: 0 }, "a topK from 1 on, got 0"],
    [[1], 0.5, { topK: 1.5 }, "a topK from 1 on, got 1.5"],
    [[1], 0.5, { topP: 0 }, "a topP above 0, 1 at most, got 0"],
    [[1], 0.5, { topP: 1.1 }, "a topP above 0, 1 at most, got 1.1"],
  ])("refuses %j at %d with %j", (logits, uniform, options, message) => {
    const sample = () => sampleToken(Float32Array.from(logits), uniform, options);
    expect(sample).toThrow(ArgumentError);
    expect(sample).toThrow(message);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import {
  composeProcessors,
  composeSureProcessors,
  type LogitsOptions,
} from "../../src/generation/processLogits.ts";
import {
  biasLogits,
  forbidRepeatedSequences,
  forbidSequences,
  forbidTokens,
  penalizePresence,
  penalizeRepetition,
  type TextSoFar,
} from "../../src/generation/processors.ts";

const SIZE = 5;
const forbidden = -Infinity;
const anyLogits = fc
  .array(fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(forbidden)), {
    minLength: SIZE,
    maxLength: SIZE,
  })
  .map((logits) => Float64Array.from(logits));
const anyText: fc.Arbitrary<TextSoFar> = fc
  .tuple(fc.array(fc.nat(SIZE - 1), { maxLength: 12 }), fc.nat(12))
  .map(([tokens, cut]) => ({ tokens, promptLength: Math.min(cut, tokens.length), remaining: 3 }));

const textOf = (tokens: number[], promptLength = 0): TextSoFar => ({ tokens, promptLength, remaining: 9 });
const zeros = () => new Float64Array(SIZE);
const banned = (logits: Float64Array) => [...logits.keys()].filter((token) => logits[token] === forbidden);

/**
 * Checks a processor against what is said of each token by itself, and that it leaves its argument as it was.
 */
function expectEach(
  process: (logits: Float64Array, text: TextSoFar) => Float64Array,
  wanted: (logit: number, token: number, text: TextSoFar) => number,
): void {
  fc.assert(
    fc.property(anyLogits, anyText, (logits, text) => {
      const before = logits.slice();
      const changed = process(logits, text);
      expect([...changed]).toEqual([...logits].map((logit, token) => wanted(logit, token, text)));
      expect(logits).toEqual(before);
    }),
  );
}

describe("biasLogits", () => {
  it("adds to the logits of some tokens", () => {
    expect([...biasLogits(zeros(), { 1: 2.5, 3: forbidden })]).toEqual([0, 2.5, 0, forbidden, 0]);
    expectEach(
      (logits) => biasLogits(logits, { 0: -1, 4: 3 }),
      (logit, token) => logit + ({ 0: -1, 4: 3 }[token] ?? 0),
    );
  });

  it("refuses tokens that the vocabulary lacks", () => {
    for (const token of [5, -1, 0.5]) {
      expect(() => biasLogits(zeros(), { [token]: 1 })).toThrow(
        "wanted tokens below 5, the vocabulary's size",
      );
    }
  });
});

describe("penalizeRepetition", () => {
  it("divides what is above 0 and multiplies what is below", () => {
    const logits = Float64Array.of(3, -3, 3, -3, 0);
    const penalized = penalizeRepetition(logits, textOf([0, 1, 0, 4], 2), 1.5);
    expect([...penalized]).toEqual([2, -4.5, 3, -3, 0]);
  });

  it("makes every token of the text less likely and no other", () => {
    expectEach(
      (logits, text) => penalizeRepetition(logits, text, 2),
      (logit, token, { tokens }) => (!tokens.includes(token) ? logit : logit > 0 ? logit / 2 : logit * 2),
    );
  });
});

describe("penalizePresence", () => {
  it("counts what was generated, not the prompt", () => {
    const text = textOf([0, 0, 1, 2, 2], 2);
    expect([...penalizePresence(zeros(), text, { presence: 1, frequency: 0.5 })]).toEqual([
      0, -1.5, -2, 0, 0,
    ]);
  });

  it("takes presence once and frequency for each time", () => {
    expectEach(
      (logits, text) => penalizePresence(logits, text, { presence: 0.5, frequency: 0.25 }),
      (logit, token, { tokens, promptLength }) => {
        const count = tokens.slice(promptLength).filter((one) => one === token).length;
        return logit - (count > 0 ? 0.5 : 0) - 0.25 * count;
      },
    );
  });
});

describe("forbidRepeatedSequences", () => {
  it("forbids what would complete a sequence that was there", () => {
    // 1 2 came before 3 and before 0, and the text ends with 1 2.
    const text = textOf([1, 2, 3, 1, 2, 0, 1, 2]);
    expect(banned(forbidRepeatedSequences(zeros(), text, 3))).toEqual([0, 3]);
    expect(banned(forbidRepeatedSequences(zeros(), text, 1))).toEqual([0, 1, 2, 3]);
    expect(banned(forbidRepeatedSequences(zeros(), textOf([1, 1]), 2))).toEqual([1]);
    expect(banned(forbidRepeatedSequences(zeros(), textOf([1]), 3))).toEqual([]);
  });

  it("forbids a token if and only if its sequence is in the text", () => {
    for (const length of [1, 2, 3]) {
      expectEach(
        (logits, text) => forbidRepeatedSequences(logits, text, length),
        (logit, token, { tokens }) => {
          if (tokens.length < length) return logit;
          const last = [...tokens.slice(tokens.length - length + 1), token].join();
          const seen = tokens.slice(length - 1).map((_, start) => tokens.slice(start, start + length).join());
          return seen.includes(last) ? forbidden : logit;
        },
      );
    }
  });
});

describe("forbidSequences", () => {
  it("forbids the last token where the others stand before it", () => {
    const words = [[4], [1, 2], [0, 1, 3], [2, 0]];
    expect(banned(forbidSequences(zeros(), textOf([2, 0, 1], 2), words))).toEqual([2, 3, 4]);
    expect(banned(forbidSequences(zeros(), textOf([]), words))).toEqual([4]);
  });

  it("lets no text of free choices have one", () => {
    const words = [[0, 1], [2, 2, 3], [4]];
    fc.assert(
      fc.property(fc.array(fc.nat(SIZE - 1), { maxLength: 30 }), (choices) => {
        const tokens: number[] = [];
        for (const choice of choices) {
          if (forbidSequences(zeros(), textOf(tokens), words)[choice] === 0) tokens.push(choice);
        }
        for (const word of words) expect(`,${tokens},`).not.toContain(`,${word},`);
      }),
    );
  });
});

describe("composeProcessors", () => {
  const options: LogitsOptions = {
    logitBias: { 0: 4, 1: -4 },
    repetitionPenalty: 2,
    presencePenalty: 1,
    frequencyPenalty: 0.5,
    noRepeat: 2,
    badWords: [[0, 3]],
    minimumTokens: 3,
    stopTokens: [4],
    processors: [(logits) => logits.map((logit) => logit + 10)],
  };

  it("acts in the documented order", () => {
    const text = textOf([2, 2, 0], 1);
    // Bias, penalty on {0, 2}, presence and frequency on {0, 2}, then bans of nothing by noRepeat, of 3 after
    // 0, of 4 before three tokens.
    const changed = composeProcessors(options)(Float64Array.of(0, 0, 1, 1, 1), text);
    expect([...changed]).toEqual([4 / 2 - 1.5 + 10, -4 + 10, 1 / 2 - 1.5 + 10, forbidden, forbidden]);
    const byHand = [
      (x: Float64Array) => biasLogits(x, options.logitBias!),
      (x: Float64Array) => penalizeRepetition(x, text, 2),
      (x: Float64Array) => penalizePresence(x, text, { presence: 1, frequency: 0.5 }),
      (x: Float64Array) => forbidRepeatedSequences(x, text, 2),
      (x: Float64Array) => forbidSequences(x, text, [[0, 3]]),
      (x: Float64Array) => forbidTokens(x, [4]),
      (x: Float64Array) => options.processors![0]!(x, text),
    ].reduce<Float64Array>((logits, step) => step(logits), Float64Array.of(0, 0, 1, 1, 1));
    expect(changed).toEqual(byHand);
  });

  it("lets stop tokens come once there are enough others", () => {
    const process = composeProcessors({ minimumTokens: 2, stopTokens: [4] });
    expect(banned(process(zeros(), textOf([1, 2, 3], 2)) as Float64Array)).toEqual([4]);
    expect(banned(process(zeros(), textOf([1, 2, 3], 1)) as Float64Array)).toEqual([]);
  });

  it("leaves the logits alone without options, not even copies them", () => {
    const logits = Float32Array.of(1, 2);
    expect(composeProcessors({})(logits, textOf([]))).toBe(logits);
  });

  it("says so where no token is left", () => {
    const process = composeSureProcessors({ noRepeat: 1 });
    expect(() => process(zeros(), textOf([0, 1, 2, 3, 4], 2))).toThrow(
      'generation: wanted options that leave a token after 3 generated ones, got ["noRepeat"]',
    );
  });

  it.each<[LogitsOptions, string]>([
    [{ logitBias: { 1: Number.NaN } }, "a logitBias of numbers below Infinity, got NaN"],
    [{ logitBias: { 1: Infinity } }, "a logitBias of numbers below Infinity, got Infinity"],
    [{ repetitionPenalty: 0 }, "a repetitionPenalty above 0, got 0"],
    [{ presencePenalty: Number.NaN }, "a presencePenalty that is finite, got NaN"],
    [{ frequencyPenalty: Infinity }, "a frequencyPenalty that is finite, got Infinity"],
    [{ noRepeat: 0 }, "a noRepeat from 1 on, got 0"],
    [{ badWords: [[1], []] }, "badWords of at least one token each"],
    [{ minimumTokens: -1 }, "a minimumTokens from 0 on, got -1"],
  ])("refuses %j", (wrong, message) => {
    expect(() => composeProcessors(wrong)).toThrow(ArgumentError);
    expect(() => composeProcessors(wrong)).toThrow(message);
  });
});

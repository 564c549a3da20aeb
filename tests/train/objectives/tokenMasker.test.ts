import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/random.ts";
import { WordPieceTokenizer } from "../../../src/text/wordPiece.ts";
import { type BertSymbols, bertSymbols, TokenMasker } from "../../../src/train/objectives/tokenMasker.ts";

/** Special ones are 0 to 4; those from 20 on go on within a word. */
const symbols: BertSymbols = {
  vocabSize: 40,
  paddingToken: 0,
  classToken: 1,
  separatorToken: 2,
  maskToken: 3,
  specialTokens: [4],
  startsWord: (token) => token < 20,
};

const row = fc.array(fc.nat(39), { minLength: 1, maxLength: 60 }).map((tokens) => Int32Array.from(tokens));
const key = fc.nat(1e6).map((seed) => new Random(seed));
const asked = (targets: Int32Array) => [...targets.keys()].filter((place) => targets[place] !== -100);

describe("TokenMasker", () => {
  it("asks for 15 % of the ordinary symbols, for at least one, and touches nothing else", () => {
    const masker = new TokenMasker(symbols);
    fc.assert(
      fc.property(row, key, (tokens, random) => {
        const before = tokens.slice();
        const { inputs, targets } = masker.mask(tokens, random);
        expect(tokens).toEqual(before);
        const ordinary = tokens.filter((token) => token > 4).length;
        const places = asked(targets);
        expect(places).toHaveLength(ordinary === 0 ? 0 : Math.max(1, Math.round(0.15 * ordinary)));
        for (const place of places) {
          expect(targets[place]).toBe(tokens[place]);
          expect(tokens[place]).toBeGreaterThan(4);
        }
        tokens.forEach((token, place) => {
          const input = inputs[place]!;
          if (targets[place] === -100) expect(input).toBe(token);
          else expect(input === 3 || input > 4).toBe(true);
        });
        expect(masker.mask(tokens, random)).toEqual({ inputs, targets });
      }),
    );
  });

  it("masks 80 %, replaces 10 % and leaves 10 %", () => {
    const masker = new TokenMasker(symbols);
    const tokens = new Int32Array(60_000).fill(7);
    const { inputs, targets } = masker.mask(tokens, new Random(5));
    const places = asked(targets);
    expect(places).toHaveLength(9000);
    const share = (is: (input: number) => boolean) =>
      places.filter((place) => is(inputs[place]!)).length / places.length;
    // One in 35 of the replaced is the same symbol again. Bounds: 4 standard deviations of a share of 9000.
    const bound = (p: number) => 4 * Math.sqrt((p * (1 - p)) / 9000);
    for (const [found, wanted] of [
      [share((input) => input === 3), 0.8],
      [share((input) => input !== 3 && input !== 7), (0.1 * 34) / 35],
      [share((input) => input === 7), 0.1 + 0.1 / 35],
    ] as const) {
      expect(Math.abs(found - wanted)).toBeLessThan(bound(wanted));
    }
    const replacements = new Set(places.map((place) => inputs[place]!));
    expect([...replacements].sort((a, b) => a - b)).toEqual([
      3,
      ...Array.from({ length: 35 }, (_, i) => i + 5),
    ]);
    // Places are spread evenly: as many in the first half, within 4 standard deviations.
    const early = places.filter((place) => place < 30_000).length;
    expect(Math.abs(early - 4500)).toBeLessThan(4 * Math.sqrt(9000 / 4));
  });

  it("masks whole words, as many as fit", () => {
    const masker = new TokenMasker(symbols, { wholeWords: true, rate: 0.3 });
    fc.assert(
      fc.property(row, key, (tokens, random) => {
        const { targets } = masker.mask(tokens, random);
        const places = new Set(asked(targets));
        const ordinary = tokens.filter((token) => token > 4).length;
        tokens.forEach((token, place) => {
          const goesOn = token >= 20 && place > 0 && tokens[place - 1]! > 4;
          if (goesOn) expect(places.has(place)).toBe(places.has(place - 1));
          if (token <= 4) expect(places.has(place)).toBe(false);
        });
        if (ordinary > 0) expect(places.size).toBeGreaterThan(0);
        const words = wordLengths(tokens);
        const most = Math.max(1, Math.round(0.3 * ordinary));
        expect(places.size).toBeLessThanOrEqual(Math.max(most, Math.min(...words)));
      }),
    );
  });

  it("knows the names of BERT's tokens and where words begin", () => {
    const tokenizer = WordPieceTokenizer.train("low lower lowest newer newest wide wider", { vocabSize: 40 });
    const found = bertSymbols(tokenizer);
    expect(found.vocabSize).toBe(tokenizer.vocabSize);
    expect([found.classToken, found.separatorToken, found.maskToken, found.paddingToken]).toEqual(
      ["[CLS]", "[SEP]", "[MASK]", "[PAD]"].map((name) => tokenizer.tokenToId(name)),
    );
    expect([...found.specialTokens!]).toContain(tokenizer.tokenToId("[UNK]"));
    const pieces = [...tokenizer.encode("lowers")];
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map(found.startsWord!)).toEqual(pieces.map((_, i) => i === 0));
    const bare = { ...tokenizer, vocabSize: 3, parts: tokenizer.parts, specialTokens: new Map([["[CLS]", 0]]), idToToken: () => "a" }; // biome-ignore format: one object
    expect(() => bertSymbols(bare)).toThrow("a tokenizer with the special token [SEP]");
  });

  it("refuses what it cannot do", () => {
    expect(() => new TokenMasker(symbols, { rate: 0 })).toThrow("TokenMasker.rate");
    const { startsWord: _, ...wordless } = symbols;
    expect(() => new TokenMasker(wordless, { wholeWords: true })).toThrow("symbols with startsWord");
    expect(() => new TokenMasker({ ...symbols, vocabSize: 5 })).toThrow("more than special tokens, got 5");
  });
});

function wordLengths(tokens: Int32Array): number[] {
  const lengths: number[] = [];
  tokens.forEach((token, place) => {
    if (token <= 4) return;
    const goesOn = token >= 20 && place > 0 && tokens[place - 1]! > 4;
    if (goesOn) lengths[lengths.length - 1]!++;
    else lengths.push(1);
  });
  return lengths;
}

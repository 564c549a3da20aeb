import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { readTiktoken } from "../../src/text/tiktoken.ts";
import { effort } from "../support/seed.ts";

const base64 = (text: string) => btoa(text);
/** A file of ranks for tokens of Latin-1 characters. */
const fileOf = (tokens: readonly string[]) =>
  new TextEncoder().encode(tokens.map((token, rank) => `${base64(token)} ${rank}\n`).join(""));

/** tiktoken's own definition: of all neighbours that make a token, those of the lowest rank merge. */
function naive(text: string, tokens: readonly string[]): number[] {
  if (tokens.includes(text)) return [tokens.indexOf(text)];
  const pieces = [...text];
  for (;;) {
    let best = -1;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < pieces.length; i++) {
      const rank = tokens.indexOf(pieces[i]! + pieces[i + 1]!);
      if (rank < 0 || rank >= lowest) continue;
      lowest = rank;
      best = i;
    }
    if (best < 0) return pieces.map((piece) => tokens.indexOf(piece));
    pieces.splice(best, 2, pieces[best]! + pieces[best + 1]!);
  }
}

describe("readTiktoken", () => {
  it("encodes as tiktoken defines it, whatever tokens there are", () => {
    const word = (most: number) =>
      fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: most });
    fc.assert(
      fc.property(fc.uniqueArray(word(5), { maxLength: 20 }), word(12), (more, text) => {
        const tokens = ["a", "b", "c", ...more.filter((token) => token.length > 1)];
        expect([...readTiktoken(fileOf(tokens)).encode(text)]).toEqual(naive(text, tokens));
      }),
      { numRuns: 300 * effort },
    );
  });

  it("takes special tokens, a pattern and line ends of Windows", () => {
    const bytes = new TextEncoder().encode(
      new TextDecoder().decode(fileOf(["a", "b", "ab"])).replaceAll("\n", "\r\n"),
    );
    const specialTokens = { "<|x|>": 7 };
    const tokenizer = readTiktoken(bytes, { specialTokens, pattern: "a|b" });
    expect([...tokenizer.encode("ab<|x|>", { allowedSpecial: "all" })]).toEqual([0, 1, 7]);
    const same = readTiktoken(bytes, { specialTokens: new Map([["<|x|>", 7]]) });
    expect([...same.encode("ab<|x|>", { allowedSpecial: "all" })]).toEqual([2, 7]);
  });

  it.each([
    ["", "line 1: a token and its rank"],
    ["YQ== 0\nYg==\n", "line 2: a token in base64, a blank, its rank"],
    ["YQ== 0 \n", "line 1: a token in base64, a blank, its rank"],
    ["YQ=== 0", "line 1: a token in base64, a blank, its rank"],
    ["YQ 0\nYQYQY 1", "line 2: a token in base64"],
    ["YQ== -1", "line 1: a token in base64, a blank, its rank"],
    ["YQ== 2097152", "line 1: a rank below 2097152, not 2097152"],
    ["YQ== 99999999999", "line 1: a token in base64, a blank, its rank"],
    ["YQ== 0\nYg== 0", "line 2: the rank 0 stands there twice"],
    ["YQ== 0\nYQ== 1", "line 2: the token YQ== stands there twice"],
  ])("refuses %j", (content, message) => {
    const read = () => readTiktoken(new TextEncoder().encode(content), { file: "mine.tiktoken" });
    expect(read).toThrow(FormatError);
    expect(read).toThrow(`mine.tiktoken: ${message}`);
  });

  it("either reads a damaged file or says what is wrong with it", () => {
    const original = fileOf(["a", "b", "c", "ab", "abc", "bc", "cc"]);
    const hits = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(hits, (changes) => {
        const damaged = original.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          readTiktoken(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 * effort },
    );
  });
});

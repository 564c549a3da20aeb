import { describe, expect, it } from "vitest";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { gpt2Tokenizer, verses } from "../support/tokenizers.ts";

/** Ten megabytes of UTF-8 that no pattern cuts: quadratic work on it would take days. */
const BYTES = 10_000_000;

describe("a word of ten megabytes", () => {
  const gpt2 = gpt2Tokenizer();

  it.each([
    ["letters of one kind", "a"],
    ["a period of ten letters", "abcdefghij"],
    ["letters of three bytes", "世"],
    ["spaces", " "],
  ])("of %s", (_, unit) => {
    const word = unit.repeat(BYTES / new TextEncoder().encode(unit).length);
    const ids = gpt2.encode(word);
    expect(gpt2.decode(ids)).toBe(word);
  });

  it("of random letters", () => {
    let state = 1;
    const letters = new Uint8Array(BYTES).map(() => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 1;
      return 97 + ((state >>> 16) % 26);
    });
    const word = new TextDecoder().decode(letters);
    expect(gpt2.decode(gpt2.encode(word))).toBe(word);
  });
});

it("8,192 merges are learnt of all verses, and every verse comes back", () => {
  const text = verses(Number.POSITIVE_INFINITY);
  const tokenizer = BytePairTokenizer.train(text, { vocabSize: 256 + 8192 + 1 });
  expect(tokenizer.parts.merges.length).toBe(8192);
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
});

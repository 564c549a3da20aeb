import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import { CharacterTokenizer } from "../../src/text/character.ts";

const anyText = fc.string({ unit: "binary", minLength: 1 });

describe("CharacterTokenizer", () => {
  it("numbers the characters by rising code point", () => {
    const tokenizer = CharacterTokenizer.train("hello, 世界 😀");
    expect(tokenizer.vocabSize).toBe(9);
    expect([...tokenizer.encode(" ,ehlo世界😀")]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(tokenizer.decode([8, 3, 7])).toBe("😀h界");
  });

  it("gives a text back, one id per code point", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const tokenizer = CharacterTokenizer.train(text);
        const ids = tokenizer.encode(text);
        expect(ids.length).toBe([...text].length);
        expect(tokenizer.vocabSize).toBe(new Set(text).size);
        expect(tokenizer.decode(ids)).toBe(text);
      }),
    );
  });

  it("goes through JSON", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const tokenizer = CharacterTokenizer.train(text);
        const back = CharacterTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
        expect(back.encode(text)).toEqual(tokenizer.encode(text));
        expect(back.toJSON()).toEqual(tokenizer.toJSON());
      }),
    );
  });

  it("does not depend on the order of the text", () => {
    expect(CharacterTokenizer.train("banana").toJSON()).toEqual({ kind: "character", characters: "abn" });
  });

  it("takes megabytes", () => {
    const text = "In the beginning 世界 😀\n".repeat(100_000);
    const tokenizer = CharacterTokenizer.train(text);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it.each([
    ["abé", 'at position 2, which U+00E9 is not, got "é"'],
    ["a😀b😁", 'at position 3, which U+1F601 is not, got "😁"'],
    ["b\ud83d", "at position 1, which U+D83D is not"],
  ])("refuses a character that it lacks: %j", (text, message) => {
    const tokenizer = CharacterTokenizer.train("ab😀");
    expect(() => tokenizer.encode(text)).toThrow(ArgumentError);
    expect(() => tokenizer.encode(text)).toThrow(message);
  });

  it.each([[3], [-1], [0.5], [Number.NaN]])("refuses the id %s", (id) => {
    const decode = () => CharacterTokenizer.train("abc").decode([0, id]);
    expect(decode).toThrow(ArgumentError);
    expect(decode).toThrow(`an id below 3 at position 1, got ${id}`);
  });

  it("refuses to learn from nothing and from half characters", () => {
    expect(() => CharacterTokenizer.train("")).toThrow(ArgumentError);
    expect(() => CharacterTokenizer.train("😀\udc00")).toThrow("at index 2");
  });

  it.each([
    [null, "wanted an object"],
    ["abc", "wanted an object"],
    [{ kind: "bytePair", characters: "abc" }, "kind must be"],
    [{ kind: "character" }, "characters must be a string"],
    [{ kind: "character", characters: "" }, "characters must be a string of at least one"],
    [{ kind: "character", characters: "ba" }, "characters must rise by code point"],
    [{ kind: "character", characters: "aa" }, "characters must rise by code point"],
    [{ kind: "character", characters: "a\ud800" }, "characters holds half of a surrogate pair"],
    [{ kind: "character", characters: "a", merges: [] }, 'unknown key "merges"'],
  ])("refuses the state %j", (state, message) => {
    const read = () => CharacterTokenizer.fromJSON(state, "trainer.json");
    expect(read).toThrow(FormatError);
    expect(read).toThrow(`trainer.json: tokenizer: ${message}`);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import { readVocabularyText } from "../../src/text/vocabularyFiles.ts";
import { WordPieceTokenizer } from "../../src/text/wordPiece.ts";
import { texts, verses } from "../support/tokenizers.ts";

const specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

function tokenizerOf(tokens: readonly string[], options = {}): WordPieceTokenizer {
  const lines = [...specials, ...tokens].join("\n");
  return readVocabularyText(new TextEncoder().encode(lines), options);
}

const tokensOf = (tokenizer: WordPieceTokenizer, text: string) =>
  Array.from(tokenizer.encode(text), (id) => tokenizer.idToToken(id));

describe("WordPieceTokenizer", () => {
  // The vocabulary and the words of the tests of BERT's own program.
  const tokenizer = tokenizerOf([
    "want",
    "##want",
    "##ed",
    "wa",
    "un",
    "runn",
    "##ing",
    ",",
    "low",
    "lowest",
  ]);

  it("takes the longest pieces from a word's start", () => {
    expect(tokensOf(tokenizer, "unwanted running")).toEqual(["un", "##want", "##ed", "runn", "##ing"]);
    expect(tokensOf(tokenizer, "UNwant\u00E9d,running")).toEqual([
      "un",
      "##want",
      "##ed",
      ",",
      "runn",
      "##ing",
    ]);
    expect(tokensOf(tokenizer, "lowest low")).toEqual(["lowest", "low"]);
  });

  it("takes a word that it cannot make for unknown, all of it", () => {
    expect(tokensOf(tokenizer, "unwantedX running")).toEqual(["[UNK]", "runn", "##ing"]);
    expect(tokensOf(tokenizer, "")).toEqual([]);
    expect(tokensOf(tokenizer, " \u0085\ufffd\0\u200d ")).toEqual([]);
  });

  it("takes a word of more than 100 characters for unknown", () => {
    const letters = tokenizerOf(["a", "##a", "𝒳", "##𝒳"], { lowercase: false });
    expect(letters.encode("a".repeat(100)).length).toBe(100);
    expect(tokensOf(letters, "a".repeat(101))).toEqual(["[UNK]"]);
    expect(letters.encode("𝒳".repeat(100)).length).toBe(100);
    expect(tokensOf(letters, "𝒳".repeat(101))).toEqual(["[UNK]"]);
  });

  it("keeps case and accents where told to", () => {
    const words = ["Élan", "élan", "Elan", "elan"];
    const read = (options: object) => tokensOf(tokenizerOf(words, options), "Élan");
    expect(read({})).toEqual(["elan"]);
    expect(read({ stripAccents: false })).toEqual(["élan"]);
    expect(read({ lowercase: false })).toEqual(["Élan"]);
    expect(read({ lowercase: false, stripAccents: true })).toEqual(["Elan"]);
  });

  it("takes each Chinese character for a word, kana and hangul not", () => {
    const scripts = tokenizerOf(["ah", "\u535a", "\u63a8", "zz", "𠀀", "カナ", "ハ"]);
    expect(tokensOf(scripts, "ah\u535A\u63A8zz")).toEqual(["ah", "\u535a", "\u63a8", "zz"]);
    expect(tokensOf(scripts, "ah𠀀カナ𠀀")).toEqual(["ah", "𠀀", "カナ", "𠀀"]);
  });

  it("frames one text and two", () => {
    const { ids, typeIds } = tokenizer.encodeInputs("low", "lowest, low");
    const tokens = Array.from(ids, (id) => tokenizer.idToToken(id));
    expect(tokens).toEqual(["[CLS]", "low", "[SEP]", "lowest", ",", "low", "[SEP]"]);
    expect([...typeIds]).toEqual([0, 0, 0, 1, 1, 1, 1]);
    expect([...tokenizer.encodeInputs("low").ids]).toEqual([2, tokenizer.tokenToId("low"), 3]);
  });

  it("reads special tokens in a text as such unless told otherwise", () => {
    expect(tokensOf(tokenizer, "low[MASK]low")).toEqual(["low", "[MASK]", "low"]);
    expect(tokensOf(tokenizer, "[mask]")).toEqual(["[UNK]", "[UNK]", "[UNK]"]);
    expect(() => tokenizer.encode("[SEP]", { allowedSpecial: [], disallowedSpecial: "all" })).toThrow(
      ArgumentError,
    );
    expect(tokenizer.encode("[SEP]", { allowedSpecial: ["[MASK]"] }).length).toBe(3);
  });

  it("decodes as text is written", () => {
    const ids = (row: string[]) => row.map((token) => tokenizer.tokenToId(token)!);
    expect(tokenizer.decode(ids(["[CLS]", "un", "##want", "##ed", ",", "runn", "##ing", "[SEP]"]))).toBe(
      "[CLS] unwanted, running [SEP]",
    );
    const skipped = ids(["[CLS]", "un", "##want", "[SEP]"]);
    expect(tokenizer.decode(skipped, { skipSpecial: true })).toBe("unwant");
    const stream = tokenizer.decodeStream({ skipSpecial: true });
    expect(skipped.map((id) => stream.push(id))).toEqual(["", "un", "want", ""]);
    expect(stream.flush()).toBe("");
    expect(stream.push(skipped[1]!)).toBe("un");
    expect(() => tokenizer.decode([0, 99])).toThrow("at position 1, got 99");
  });

  it("refuses a vocabulary without an unknown token, and two tokens of one id", () => {
    const { parts } = tokenizer;
    const make = (change: object) => () => new WordPieceTokenizer({ ...parts, ...change }, "mine.json");
    expect(make({ unknownToken: "<unk>" })).toThrow(
      'mine.json: vocabulary: the unknown token "<unk>" is missing',
    );
    expect(
      make({
        vocabulary: new Map([
          ["a", 0],
          ["[UNK]", 0],
        ]),
      }),
    ).toThrow(FormatError);
    expect(make({ vocabulary: new Map([["[UNK]", 1.5]]) })).toThrow("not 1.5");
  });
});

describe("WordPieceTokenizer.train", () => {
  const text = verses(1000);

  it("learns pieces that make every word of its text", () => {
    const tokenizer = WordPieceTokenizer.train(text, { vocabSize: 1500 });
    expect(tokenizer.vocabSize).toBe(1500);
    expect([...tokenizer.specialTokens.values()]).toEqual([0, 1, 2, 3, 4]);
    const ids = tokenizer.encode(text);
    expect(ids).not.toContain(1);
    expect(tokenizer.decode(ids).replaceAll(" ", "")).toBe(text.toLowerCase().replace(/\s/g, ""));
    expect(tokenizer.tokenToId("##ing")).toBeDefined();
    expect(ids.length).toBeLessThan(text.length / 3);
  });

  it("does not depend on the order of the texts", () => {
    const lines = text.split("\n");
    const options = { vocabSize: 600, lowercase: false };
    const one = WordPieceTokenizer.train(lines, options);
    expect(WordPieceTokenizer.train([...lines].reverse(), options).parts).toEqual(one.parts);
    expect(one.tokenToId("God")).toBeDefined();
  });

  it("orders the vocabulary: specials, characters, those within words, pieces", () => {
    const { parts } = WordPieceTokenizer.train("ab ab abc b", { vocabSize: 11 });
    expect([...parts.vocabulary.keys()].slice(5)).toEqual(["a", "b", "c", "##b", "##c", "ab"]);
    const frequent = WordPieceTokenizer.train("ab ab abc b", { vocabSize: 9, alphabetLimit: 2 });
    expect([...frequent.parts.vocabulary.keys()].slice(5)).toEqual(["a", "b", "##b", "ab"]);
  });

  it.each([
    [{ vocabSize: 9 }, "vocabSize from 10 on (5 special tokens and 5 characters), got 9"],
    [{ vocabSize: 20, minFrequency: 0.5 }, "minFrequency from 1 on"],
    [{ vocabSize: 20, alphabetLimit: 0 }, "alphabetLimit from 1 on"],
  ])("refuses %j", (options, message) => {
    const train = () => WordPieceTokenizer.train("ab ab abc b", options);
    expect(train).toThrow(ArgumentError);
    expect(train).toThrow(message);
  });

  it("encodes anything", () => {
    const tokenizer = WordPieceTokenizer.train(text, { vocabSize: 500 });
    fc.assert(
      fc.property(texts, (other) => {
        const ids = tokenizer.encode(other);
        const stream = tokenizer.decodeStream();
        expect(Array.from(ids, (id) => stream.push(id)).join("")).toBe(tokenizer.decode(ids));
      }),
    );
  });
});

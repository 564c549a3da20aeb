import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import {
  readVocabularyFiles,
  readVocabularyText,
  writeVocabularyFiles,
  writeVocabularyText,
} from "../../src/text/vocabularyFiles.ts";
import { WordPieceTokenizer } from "../../src/text/wordPiece.ts";
import { effort } from "../support/seed.ts";
import { verses } from "../support/tokenizers.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const text = verses(300);

describe("vocab.json and merges.txt", () => {
  const tokenizer = BytePairTokenizer.train(text, { vocabSize: 600 });
  const files = writeVocabularyFiles(tokenizer);

  it("give the tokenizer back", () => {
    const back = readVocabularyFiles(files);
    expect(back.encode(text)).toEqual(tokenizer.encode(text));
    expect(back.specialTokens).toEqual(new Map([["<|endoftext|>", 599]]));
    expect(back.vocabSize).toBe(600);
    expect(writeVocabularyFiles(back)).toEqual(files);
  });

  it("look like GPT-2's", () => {
    expect(textOf(files["vocab.json"])).toMatch(/"!":0,"\\"":1,"#":2,.*"<\|endoftext\|>":599\}\n$/s);
    expect(textOf(files["merges.txt"])).toMatch(/^#version: 0\.2\n\S+ \S+\n/);
  });

  it("are read with line ends of Windows, without a version, and with signs of one's own", () => {
    const merges = utf8(textOf(files["merges.txt"]).replace("#version: 0.2\n", "").replaceAll("\n", "\r\n"));
    expect(readVocabularyFiles({ ...files, "merges.txt": merges }).encode(text)).toEqual(
      tokenizer.encode(text),
    );
    const vocabulary = utf8('{"#": 0, "!": 1, "#!": 2, "<s>": 3}');
    const two = { "vocab.json": vocabulary, "merges.txt": utf8("# !\n") };
    const read = readVocabularyFiles(two, { specialTokens: ["<s>"] });
    expect([...read.encode("#!<s>", { allowedSpecial: "all" })]).toEqual([2, 3]);
    expect(readVocabularyFiles(two).specialTokens.size).toBe(0);
    expect(() => readVocabularyFiles(two, { specialTokens: ["</s>"] })).toThrow(
      'the special token "</s>" is missing',
    );
  });

  it.each([
    ["merges.txt", "#version: 0.2\na b c\n", "merges.txt: line 2: two tokens with a blank between them"],
    ["merges.txt", "a \n", "merges.txt: line 1: two tokens"],
    ["merges.txt", "a 世\n", 'merges.txt: merges, 0: "世" is not in the vocabulary'],
    ["vocab.json", "[]", "vocab.json: top level: an object, not an array of 0"],
    ["vocab.json", '{"a": "0"}', 'vocab.json: a: a token\'s id is a number, not "0"'],
    ["vocab.json", '{"a": 0, "b": 0}', 'id 0: one token, not "a" and "b"'],
  ])("%s must not be %j", (name, content, message) => {
    const read = () => readVocabularyFiles({ ...files, [name]: utf8(content) });
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });
});

describe("vocab.txt", () => {
  it("gives the tokenizer back", () => {
    const tokenizer = WordPieceTokenizer.train(text, { vocabSize: 400 });
    const file = writeVocabularyText(tokenizer);
    const back = readVocabularyText(file);
    expect(back.parts).toEqual(tokenizer.parts);
    expect(writeVocabularyText(back)).toEqual(file);
    expect(readVocabularyText(utf8(textOf(file).replaceAll("\n", "\r\n"))).parts).toEqual(tokenizer.parts);
  });

  it("may lack the tokens that frame a text", () => {
    const tokenizer = readVocabularyText(utf8("[UNK]\na"));
    expect([...tokenizer.encodeInputs("a", "b").ids]).toEqual([1, 0]);
    expect([...tokenizer.specialTokens.keys()]).toEqual(["[UNK]"]);
  });

  it.each([
    ["[UNK]\n\na\n", "mine.txt: line 2: a token on each line"],
    ["[UNK]\na\na\n", 'mine.txt: line 3: "a" stands there twice'],
    ["a\nb\n", 'mine.txt: vocabulary: the unknown token "[UNK]" is missing'],
    ["", "is missing"],
  ])("must not be %j", (content, message) => {
    const read = () => readVocabularyText(utf8(content), { file: "mine.txt" });
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  it("cannot hold ids with gaps", () => {
    const { parts } = readVocabularyText(utf8("[UNK]\na"));
    const gap = new WordPieceTokenizer({
      ...parts,
      vocabulary: new Map([
        ["[UNK]", 0],
        ["a", 2],
      ]),
    });
    expect(() => writeVocabularyText(gap)).toThrow("vocab.txt: id 1: a token without line breaks");
  });
});

it("damaged files are read, or what is wrong with them is said", () => {
  const bytePair = writeVocabularyFiles(BytePairTokenizer.train("ab ab", { vocabSize: 258 }));
  const wordPiece = writeVocabularyText(WordPieceTokenizer.train("ab ab", { vocabSize: 8 }));
  const hits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const damage = (bytes: Uint8Array, changes: readonly (readonly [number, number])[]) => {
    const damaged = bytes.slice();
    for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
    return damaged;
  };
  fc.assert(
    fc.property(hits, fc.constantFrom("vocab.json", "merges.txt", "vocab.txt"), (changes, name) => {
      try {
        if (name === "vocab.txt") readVocabularyText(damage(wordPiece, changes));
        else
          readVocabularyFiles({
            ...bytePair,
            [name]: damage(bytePair[name as keyof typeof bytePair], changes),
          });
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 500 * effort },
  );
});

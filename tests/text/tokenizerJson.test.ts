import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import type { PreTokenizer } from "../../src/text/preTokenizer.ts";
import { readTokenizerJson, writeTokenizerJson } from "../../src/text/tokenizerJson.ts";
import { WordPieceTokenizer } from "../../src/text/wordPiece.ts";
import { effort } from "../support/seed.ts";
import { texts, verses } from "../support/tokenizers.ts";

type Either = BytePairTokenizer | WordPieceTokenizer;

const jsonOf = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const text = verses(1500);
const bytePair = BytePairTokenizer.train(text, {
  vocabSize: 900,
  specialTokens: ["<|endoftext|>", "<|end|>"],
});
const wordPiece = WordPieceTokenizer.train(`${text} 世界 naïve 2024`, { vocabSize: 900 });
const cased = WordPieceTokenizer.train(text, { vocabSize: 900, lowercase: false });

/** The patterns of cl100k_base (GPT-4) and Llama 3, and of Qwen 2, as their files write them. */
const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN2 = LLAMA3.replace("{1,3}", "");

const withPreTokenizer = (preTokenizer: PreTokenizer, more = {}) =>
  new BytePairTokenizer({ ...bytePair.parts, preTokenizer, ...more });
const patternPreTokenizer = (Regex: string): PreTokenizer => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false },
    { type: "ByteLevel", add_prefix_space: false, use_regex: false },
  ],
});

const tokenizers: readonly (readonly [name: string, tokenizer: Either])[] = [
  ["byte pairs, GPT-2's pattern", bytePair],
  ["byte pairs, Llama 3's pattern", withPreTokenizer(patternPreTokenizer(LLAMA3), { ignoreMerges: true })],
  [
    "byte pairs, Qwen 2's pattern in NFC",
    withPreTokenizer(patternPreTokenizer(QWEN2), { normalizer: { type: "NFC" } }),
  ],
  [
    "byte pairs after a blank, digits apart",
    withPreTokenizer({
      type: "Sequence",
      pretokenizers: [
        { type: "Digits", individual_digits: true },
        { type: "ByteLevel", add_prefix_space: true, use_regex: true },
      ],
    }),
  ],
  ["WordPiece, uncased", wordPiece],
  ["WordPiece, cased", cased],
];

/** What the oracle does as no other: its \d, unlike Rust's is_numeric, is ASCII's; Chinese ends at U+FFFF. */
const differing = (tokenizer: Either) =>
  tokenizer instanceof WordPieceTokenizer
    ? /[\u{20000}-\u{2fa1f}]/gu
    : JSON.stringify(tokenizer.parts.preTokenizer).includes("Digits")
      ? /(?=\p{N})[^0-9]/gu
      : /(?!)/g;

describe.each(tokenizers)("%s", (_, tokenizer) => {
  const file = writeTokenizerJson(tokenizer);
  const oracle = new HuggingFace(jsonOf(file), { clean_up_tokenization_spaces: false });

  it("is read by Hugging Face's library, which gives the same ids and texts", () => {
    const special = [...tokenizer.specialTokens.keys()];
    const mixed = fc.array(fc.oneof(texts, fc.constantFrom(...special)), { maxLength: 5 });
    fc.assert(
      fc.property(mixed, (parts) => {
        const given = parts.join("").replace(differing(tokenizer), "");
        const ids = [...tokenizer.encode(given, { allowedSpecial: "all" })];
        const theirs = oracle.encode(given, { add_special_tokens: false }).ids;
        expect(ids).toEqual(theirs);
        if (ids.length === 0) return;
        expect(tokenizer.decode(ids)).toBe(oracle.decode(ids));
        expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(
          oracle.decode(ids, { skip_special_tokens: true }),
        );
      }),
      { numRuns: 100 * effort },
    );
  });

  it("frames two texts like Hugging Face's library", () => {
    const both = oracle.encode("In the beginning", { text_pair: "God created", return_token_type_ids: true });
    const { ids, typeIds } = tokenizer.encodeInputs("In the beginning", "God created");
    if (both.token_type_ids === undefined) return expect(tokenizer).toBeInstanceOf(BytePairTokenizer);
    expect([[...ids], [...typeIds]]).toEqual([both.ids, both.token_type_ids]);
  });

  it("comes back from its file, and the file from it", () => {
    const back = readTokenizerJson(file);
    expect(writeTokenizerJson(back)).toEqual(file);
    expect(back.encode(text)).toEqual(tokenizer.encode(text));
    expect(back.specialTokens).toEqual(tokenizer.specialTokens);
    expect(back.vocabSize).toBe(tokenizer.vocabSize);
  });
});

describe("readTokenizerJson", () => {
  const base = () => jsonOf(writeTokenizerJson(BytePairTokenizer.train("ab ab", { vocabSize: 258 })));
  const bert = () => jsonOf(writeTokenizerJson(WordPieceTokenizer.train("ab ab", { vocabSize: 8 })));

  it("takes tokens named like properties of objects for tokens", () => {
    const json = JSON.stringify(base()).replace('"vocab":{', '"vocab":{"__proto__":258,"constructor":259,');
    const tokenizer = readTokenizerJson(new TextEncoder().encode(json));
    expect(tokenizer.tokenToId("__proto__")).toBe(258);
    expect(tokenizer.idToToken(259)).toBe("constructor");
    expect(tokenizer.tokenToId("toString")).toBeUndefined();
    expect(new TextDecoder().decode(writeTokenizerJson(tokenizer))).toContain('"__proto__": 258');
    expect(readTokenizerJson(writeTokenizerJson(tokenizer)).parts).toEqual(tokenizer.parts);
  });

  it("reads what older and newer files write otherwise", () => {
    const old = base();
    delete old.model.type;
    delete old.model.ignore_merges;
    old.model.end_of_word_suffix = "";
    old.model.merges = [["a", "b"]];
    old.decoder = null;
    expect([...readTokenizerJson(bytesOf(old)).encode("ab")]).toEqual([256]);
    const older = bert();
    delete older.model.type;
    older.post_processor = { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
    expect([...readTokenizerJson(bytesOf(older)).encodeInputs("a", "a").typeIds]).toEqual([0, 0, 0, 1, 1]);
    const roberta = base();
    const template = { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 1], trim_offsets: true };
    roberta.post_processor = { type: "Sequence", processors: [{ type: "ByteLevel" }, template] };
    const { ids, typeIds } = readTokenizerJson(bytesOf(roberta)).encodeInputs("ab", "ab");
    expect([[...ids], [...typeIds]]).toEqual([
      [1, 256, 2, 2, 256, 2],
      [0, 0, 0, 0, 0, 0],
    ]);
  });

  const nested = (depth: number): unknown =>
    depth === 0 ? { type: "ByteLevel" } : { type: "Sequence", pretokenizers: [nested(depth - 1)] };

  it.each<[string, unknown, string]>([
    ["model.type", "Unigram", 'one of BPE, WordPiece, not "Unigram"'],
    ["model.vocab", ["a"], "an object, not an array of 1"],
    ["model.vocab.a", "x", "a token's id is a number"],
    ["model.vocab.a", -4, "vocabulary: ids are whole numbers"],
    ["model.vocab.a", 1e300, "vocabulary: ids are whole numbers"],
    ["model.merges", null, "an array, not null"],
    ["model.merges", ["a b c"], "model.merges.0: two tokens with a blank between them"],
    ["model.merges", [["a"]], "model.merges.0: two tokens"],
    ["model.merges", [["a", 7]], "model.merges.0.1: a string, not 7"],
    ["model.merges", ["x y"], 'merges, 0: "xy" is not in the vocabulary'],
    ["model.byte_fallback", true, "false: bytes are tokens"],
    ["model.dropout", 0.1, "null: encoding is not random"],
    ["model.end_of_word_suffix", "</w>", "nothing: pairs of bytes have no affixes"],
    ["added_tokens", {}, "added_tokens: an array, not an object"],
    ["added_tokens", [{ id: 1.5, content: "x" }], "added_tokens.0.id: a whole number from 0 on"],
    ["added_tokens", [{ id: 1, content: "" }], "a token that is not empty"],
    ["added_tokens", [{ id: 1, content: "<s>" }], "id 1: one token, not"],
    ["added_tokens", [{ id: 258, content: "<s>", special: "yes" }], 'true or false, not "yes"'],
    ["normalizer", { type: "Precompiled" }, "normalizer.type: one of NFC"],
    ["normalizer", { type: "Replace", pattern: { Regex: "a" }, content: "" }, "normalizer.pattern.String"],
    ["pre_tokenizer", null, "pre_tokenizer: an object, not null"],
    ["pre_tokenizer", { type: "Metaspace" }, "pre_tokenizer.type: one of"],
    ["pre_tokenizer", { type: "Whitespace" }, "one with ByteLevel in it"],
    [
      "pre_tokenizer",
      { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" },
      "one with ByteLevel in it",
    ],
    [
      "pre_tokenizer",
      { type: "Split", pattern: {}, behavior: "Isolated" },
      "pattern.String: a string, not nothing",
    ],
    ["pre_tokenizer", nested(50), "at most 8 sequences within each other"],
    [
      "post_processor",
      { type: "TemplateProcessing", single: [{}], pair: [] },
      "post_processor.single.0.SpecialToken",
    ],
    ["post_processor", { type: "BertProcessing", cls: ["[CLS]"], sep: 3 }, "a token and its id"],
    ["decoder", { type: "Metaspace" }, "decoder.type: one of ByteLevel"],
  ])("refuses %s of %j", (path, value, message) => {
    const json = base();
    const keys = path.split(".");
    const last = keys.pop()!;
    keys.reduce((object, key) => object[key], json)[last] = value;
    const read = () => readTokenizerJson(bytesOf(json), "mine.json");
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^mine\.json: /);
  });

  it("refuses what is not JSON, not UTF-8 or far too large", () => {
    const read = (bytes: Uint8Array) => () => readTokenizerJson(bytes, "mine.json");
    expect(read(new TextEncoder().encode("{"))).toThrow("mine.json: text: JSON (");
    expect(read(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("mine.json: byte 1: not valid UTF-8");
    expect(read(new Uint8Array(100 * 2 ** 20 + 1))).toThrow("mine.json: size: at most 104857600 bytes");
    expect(read(bytesOf([1]))).toThrow("mine.json: top level: an object, not an array of 1");
    expect(read(bytesOf(null))).toThrow(FormatError);
  });

  it("either reads a damaged file or says what is wrong with it", () => {
    const files = [base(), bert()].map((json) => new TextEncoder().encode(JSON.stringify(json)));
    const hits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0x20, max: 0x7e })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        hits,
        fc.option(fc.nat(), { freq: 5 }),
        (original, changes, cut) => {
          const damaged = original.slice(0, cut === null ? original.length : cut % original.length);
          for (const [at, byte] of changes) if (damaged.length > 0) damaged[at % damaged.length] = byte;
          try {
            readTokenizerJson(damaged).encode("ab <|endoftext|> [CLS]", { disallowedSpecial: [] });
          } catch (error) {
            if ((error as Error).name !== "ArgumentError") expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 500 * effort },
    );
  });
});

import fc from "fast-check";
import { encode as theirEncode } from "gpt-tokenizer/encoding/r50k_base";
import { beforeAll, describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { byteVocabulary } from "../../src/text/bytePairVocabulary.ts";
import { byteLevelPreTokenizer } from "../../src/text/preTokenizer.ts";
import { effort } from "../support/seed.ts";
import { gpt2Tokenizer, texts, verses } from "../support/tokenizers.ts";

let gpt2: BytePairTokenizer;
beforeAll(() => {
  gpt2 = gpt2Tokenizer();
});

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("BytePairTokenizer with GPT-2's ranks", () => {
  it("gives the ids that gpt-tokenizer gives", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect([...gpt2.encode(text)]).toEqual(theirEncode(text));
      }),
      { numRuns: 300 * effort },
    );
    const chapter = verses(400);
    expect([...gpt2.encode(chapter)]).toEqual(theirEncode(chapter));
  });

  it("gives published ids", () => {
    expect([...gpt2.encode("Hello, world!")]).toEqual([15496, 11, 995, 0]);
    expect([...gpt2.encode("hello 👋 world")]).toEqual([31373, 50169, 233, 995]);
    expect(gpt2.idToToken(995)).toBe("Ġworld");
    expect(gpt2.tokenToId("Ġworld")).toBe(995);
    expect(gpt2.vocabSize).toBe(50257);
  });

  it("takes white space as Unicode does, not as JavaScript does", () => {
    // The next line is white space, so the last one before a word stays with it; a byte order mark is a sign.
    expect(gpt2.decode(gpt2.encode("\u0085\u0085a").slice(0, 2))).toBe("\u0085");
    expect(gpt2.idToToken(gpt2.encode(" \ufeff")[0]!)).toBe("Ġï");
  });

  it("gives every text back, and U+FFFD for half a surrogate pair", () => {
    const halves = fc.array(fc.oneof(texts, fc.constantFrom("\ud83d", "\ude00")), { maxLength: 5 });
    fc.assert(
      fc.property(halves, (parts) => {
        const text = parts.join("");
        const wellFormed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(utf8(text));
        expect(gpt2.decode(gpt2.encode(text))).toBe(wellFormed);
      }),
    );
    expect(gpt2.decode(gpt2.encode("\ufeffa"))).toBe("\ufeffa");
  });

  it("decodes any ids as a decoder of their bytes does, whole or one by one", () => {
    const ids = fc.array(fc.oneof(fc.nat(50256), fc.integer({ min: 94, max: 255 })), { maxLength: 30 });
    fc.assert(
      fc.property(ids, (row) => {
        const stream = gpt2.decodeStream();
        const pieces = row.map((id) => stream.push(id));
        expect(pieces.join("") + stream.flush()).toBe(gpt2.decode(row));
      }),
    );
    expect(gpt2.decode(gpt2.encode("世").slice(0, 1))).toBe("\ufffd");
  });

  it("never emits half a character", () => {
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!text.includes("\ufffd"));
        const stream = gpt2.decodeStream();
        for (const id of gpt2.encode(text)) expect(stream.push(id)).not.toMatch(/\ufffd|\p{Surrogate}/u);
        expect(stream.flush()).toBe("");
      }),
    );
  });

  it("starts anew after a flush", () => {
    const stream = gpt2.decodeStream();
    expect(stream.push(gpt2.encode("世")[0]!)).toBe("");
    expect(stream.flush()).toBe("\ufffd");
    expect(stream.push(995)).toBe(" world");
  });

  it("refuses special tokens in a text unless told what they are", () => {
    const text = "a<|endoftext|>b";
    expect(() => gpt2.encode(text)).toThrow(ArgumentError);
    expect(() => gpt2.encode(text)).toThrow("<|endoftext|> at index 1");
    const special = gpt2.encode(text, { allowedSpecial: "all" });
    expect([...special]).toEqual([64, 50256, 65]);
    expect(gpt2.encode(text, { allowedSpecial: ["<|endoftext|>"] })).toEqual(special);
    const plain = gpt2.encode(text, { disallowedSpecial: [] });
    expect(plain).not.toContain(50256);
    expect(gpt2.decode(plain)).toBe(text);
    expect(gpt2.decode(special)).toBe(text);
    expect(gpt2.decode(special, { skipSpecial: true })).toBe("ab");
    expect(() => gpt2.encode("", { allowedSpecial: ["<s>"] })).toThrow(
      "allowedSpecial: wanted special tokens",
    );
    expect(gpt2.specialTokens).toEqual(new Map([["<|endoftext|>", 50256]]));
  });

  it.each([[50257], [-1], [0.5], [Number.NaN]])("refuses the id %s", (id) => {
    expect(() => gpt2.decode([0, id])).toThrow(
      `an id below 50257 at position 1, got ${id}`.replace("an", "a token's"),
    );
    const stream = gpt2.decodeStream();
    stream.push(0);
    expect(() => stream.push(id)).toThrow("at position 1");
  });

  it("takes 200 kB without a space", () => {
    const word = "abcdefghij".repeat(20_000);
    const piece = gpt2.encode("abcdefghij".repeat(100));
    expect(gpt2.encode(word).length).toBe(piece.length * 200);
    expect(gpt2.decode(gpt2.encode(word))).toBe(word);
  });
});

describe("BytePairTokenizer.train", () => {
  const text = verses(2000);
  const options = { vocabSize: 1000 };

  it("learns the same whatever the order of the texts", () => {
    const lines = text.split(/(?<=\n)/);
    const whole = BytePairTokenizer.train(lines, options);
    const reversed = BytePairTokenizer.train([...lines].reverse(), options);
    expect(reversed.parts).toEqual(whole.parts);
    expect(whole.vocabSize).toBe(1000);
    expect(whole.specialTokens).toEqual(new Map([["<|endoftext|>", 999]]));
  });

  it("gives every text back, also of bytes that it never saw", () => {
    const tokenizer = BytePairTokenizer.train(text, options);
    fc.assert(
      fc.property(texts, (other) => {
        expect(tokenizer.decode(tokenizer.encode(other))).toBe(other);
      }),
    );
    expect(tokenizer.encode(text).length).toBeLessThan(text.length / 3);
  });

  it("begins with the most frequent pair", () => {
    const { parts } = BytePairTokenizer.train("aaabdaaabac", {
      vocabSize: 259,
      specialTokens: [],
      minFrequency: 1,
    });
    expect(parts.merges).toEqual([
      ["a", "a"],
      ["a", "b"],
      ["aa", "ab"],
    ]);
  });

  it("stops where no pair is frequent enough", () => {
    expect(BytePairTokenizer.train("abcdef", { vocabSize: 5000 }).vocabSize).toBe(257);
    expect(BytePairTokenizer.train("", { vocabSize: 5000 }).vocabSize).toBe(257);
  });

  it("cuts by a pattern of one's own", () => {
    const tokenizer = BytePairTokenizer.train("ab ab ab", { vocabSize: 400, pattern: "\\w+\\s?" });
    expect(tokenizer.tokenToId("abĠ")).toBeDefined();
    expect(() => BytePairTokenizer.train("a", { vocabSize: 300, pattern: "(" })).toThrow(FormatError);
  });

  it.each([
    [{ vocabSize: 256 }, "vocabSize from 257 on (256 bytes and 1 special tokens), got 256"],
    [{ vocabSize: 300.5 }, "got 300.5"],
    [{ vocabSize: 300, minFrequency: 0 }, "minFrequency from 1 on"],
    [{ vocabSize: 300, specialTokens: ["a", "a"] }, "special tokens that are different"],
    [{ vocabSize: 300, specialTokens: [""] }, "not empty"],
  ])("refuses %j", (training, message) => {
    expect(() => BytePairTokenizer.train("abc", training)).toThrow(ArgumentError);
    expect(() => BytePairTokenizer.train("abc", training)).toThrow(message);
  });
});

describe("new BytePairTokenizer", () => {
  const bytes = byteVocabulary();
  const parts = { vocabulary: bytes, merges: [], addedTokens: [], preTokenizer: byteLevelPreTokenizer() };
  const twice: [string, string] = ["a", "b"];
  const withToken = (token: string, id: number) => new Map([...bytes, [token, id]]);

  it.each([
    [{ merges: [["a", "b"]] as [string, string][] }, 'merges, 0: "ab" is not in the vocabulary'],
    [{ merges: [["a", "xyz"]] as [string, string][] }, 'merges, 0: "xyz" is not in the vocabulary'],
    [{ merges: [twice, twice], vocabulary: withToken("ab", 256) }, 'merges, 1: ["a","b"] stands there twice'],
    [{ vocabulary: withToken("ab", 7) }, 'id 7: one token, not "(" and "ab"'],
    [{ vocabulary: withToken("ab", -1) }, "vocabulary: ids are whole numbers from 0 to 2097151, not -1"],
    [
      { vocabulary: withToken("ab", 1e9) },
      "vocabulary: ids are whole numbers from 0 to 2097151, not 1000000000",
    ],
    [{ addedTokens: [{ id: 3, content: "<s>" }] }, 'id 3: one token, not "$" and "<s>"'],
  ])("refuses %#", (change, message) => {
    const make = () => new BytePairTokenizer({ ...parts, ...change }, "mine.json");
    expect(make).toThrow(FormatError);
    expect(make).toThrow(`mine.json: ${message}`);
  });

  it("allows gaps between ids, which decode to nothing", () => {
    const tokenizer = new BytePairTokenizer({ ...parts, addedTokens: [{ id: 300, content: "<s>" }] });
    expect(tokenizer.vocabSize).toBe(301);
    expect(tokenizer.idToToken(280)).toBeUndefined();
    expect(() => tokenizer.decode([280])).toThrow(ArgumentError);
  });

  it("says which byte the vocabulary lacks", () => {
    const vocabulary = new Map([["a", 0]]);
    const tokenizer = new BytePairTokenizer({ ...parts, vocabulary });
    expect([...tokenizer.encode("aa")]).toEqual([0, 0]);
    expect(() => tokenizer.encode("ab")).toThrow("the byte 0x62");
  });

  it("frames texts by its template", () => {
    const template = {
      single: [{ token: "<s>", ids: [256], typeId: 0 }, { sequence: "A", typeId: 0 } as const],
      pair: [{ sequence: "A", typeId: 0 } as const, { sequence: "B", typeId: 1 } as const],
    };
    const tokenizer = new BytePairTokenizer({
      ...parts,
      template,
      addedTokens: [{ id: 256, content: "<s>" }],
    });
    const [a, b] = [bytes.get("a")!, bytes.get("b")!];
    expect([...tokenizer.encodeInputs("a").ids]).toEqual([256, a]);
    const { ids, typeIds } = tokenizer.encodeInputs("a", "b");
    expect([[...ids], [...typeIds]]).toEqual([
      [a, b],
      [0, 1],
    ]);
    expect([...new BytePairTokenizer(parts).encodeInputs("a", "b").ids]).toEqual([a, b]);
  });
});

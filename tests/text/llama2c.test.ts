import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import { readLlama2cTokenizer } from "../../src/text/llama2c.ts";
import { effort } from "../support/seed.ts";
import { texts } from "../support/tokenizers.ts";

type Entry = readonly [token: string, score: number];

/** The tokens that every Llama begins with, as llama2.c exports them. */
const beginning: readonly Entry[] = [
  ["<unk>", 0],
  ["\n<s>\n", 0],
  ["\n</s>\n", 0],
  ...Array.from(
    { length: 256 },
    (_, byte): Entry => [`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, 0],
  ),
];

function fileOf(entries: readonly Entry[]): Uint8Array {
  const tokens = entries.map(([token, score]) => ({ bytes: new TextEncoder().encode(token), score }));
  const file = new Uint8Array(tokens.reduce((sum, { bytes }) => sum + 8 + bytes.length, 4));
  const view = new DataView(file.buffer);
  view.setInt32(0, Math.max(...tokens.map(({ bytes }) => bytes.length)), true);
  let at = 4;
  for (const { bytes, score } of tokens) {
    view.setFloat32(at, score, true);
    view.setInt32(at + 4, bytes.length, true);
    file.set(bytes, at + 8);
    at += 8 + bytes.length;
  }
  return file;
}

/** `encode` of run.c, without <s> and </s>: every pair is looked at again after each merge. */
function naive(text: string, entries: readonly Entry[]): number[] {
  if (text === "") return [];
  const find = (token: string) => entries.findIndex(([other]) => other === token);
  const ids = [...` ${text}`].flatMap((character) => {
    const id = find(character);
    return id >= 0 ? [id] : Array.from(new TextEncoder().encode(character), (byte) => byte + 3);
  });
  for (;;) {
    let [best, at, merged] = [-1e10, -1, -1];
    for (let i = 0; i + 1 < ids.length; i++) {
      const id = find(entries[ids[i]!]![0] + entries[ids[i + 1]!]![0]);
      if (id < 0 || !(entries[id]![1] > best)) continue;
      [best, at, merged] = [entries[id]![1], i, id];
    }
    if (at < 0) return ids;
    ids.splice(at, 2, merged);
  }
}

const small: readonly Entry[] = [
  ...beginning,
  [" ", -1],
  ["a", -2],
  ["b", -3],
  [" a", -4],
  ["ab", -5],
  ["世", -6],
];

describe("Llama2cTokenizer", () => {
  const piece = fc.string({
    unit: fc.constantFrom("a", "b", " ", "世", "<", "0"),
    minLength: 1,
    maxLength: 4,
  });
  const vocabularies = fc
    .uniqueArray(fc.tuple(piece, fc.integer({ min: -6, max: 0 })), {
      maxLength: 30,
      selector: ([token]) => token,
    })
    .map((more) => [...beginning, ...more]);

  it("encodes as run.c does, equal scores from the left", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "世", "é", "<", "0", "x"), maxLength: 30 });
    fc.assert(
      fc.property(vocabularies, text, (entries, given) => {
        expect([...readLlama2cTokenizer(fileOf(entries)).encode(given)]).toEqual(naive(given, entries));
      }),
      { numRuns: 150 * effort },
    );
  });

  it("puts a blank before a text, and takes it away after <s>", () => {
    const tokenizer = readLlama2cTokenizer(fileOf(small));
    const ids = [...tokenizer.encode("ab世é\n")];
    expect(ids.map((id) => small[id]![0])).toEqual([" a", "b", "世", "<0xC3>", "<0xA9>", "<0x0A>"]);
    expect(tokenizer.decode(ids)).toBe(" ab世é\n");
    expect(tokenizer.decode([1, ...ids])).toBe("\n<s>\nab世é\n");
    expect(tokenizer.encode("")).toEqual(new Int32Array(0));
    expect(tokenizer.specialTokens.get("</s>")).toBe(2);
    expect(tokenizer.vocabSize).toBe(small.length);
  });

  it("gives every text back after a blank, whole or one by one", () => {
    const tokenizer = readLlama2cTokenizer(fileOf(small));
    fc.assert(
      fc.property(texts, (given) => {
        fc.pre(given !== "" && !given.includes("\ufffd"));
        const ids = tokenizer.encode(given);
        expect(tokenizer.decode(ids)).toBe(` ${given}`);
        const stream = tokenizer.decodeStream();
        const pieces = Array.from(ids, (id) => stream.push(id));
        expect(pieces.join("")).toBe(` ${given}`);
        for (const one of pieces) expect(one).not.toContain("\ufffd");
        expect(stream.flush()).toBe("");
      }),
    );
    expect(tokenizer.decode([3 + 0xe4])).toBe("\ufffd");
    expect(() => tokenizer.decode([0, 999])).toThrow(ArgumentError);
  });

  it("takes 100,000 characters without a space", () => {
    const tokenizer = readLlama2cTokenizer(fileOf(small));
    expect(tokenizer.encode("ab".repeat(50_000)).length).toBe(50_001);
  });
});

describe("readLlama2cTokenizer", () => {
  const file = fileOf(small);
  const changed = (at: number, value: number) => {
    const copy = file.slice();
    new DataView(copy.buffer).setInt32(at, value, true);
    return copy;
  };

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "byte 0: the length of the longest token"],
    ["no token", file.slice(0, 4), "byte 4: at least 259 tokens, not 0"],
    ["a cut header", file.slice(0, 9), "byte 4: a token's score and length"],
    ["a cut token", file.slice(0, 14), "byte 12: the 5 bytes of a token, not 2"],
    ["a negative length", changed(8, -1), "byte 8: a length from 0 to 6, not -1"],
    ["a length that lies", changed(8, 2 ** 31 - 1), "byte 8: a length from 0 to 6, not 2147483647"],
    ["a score that is none", changed(4, -1), "byte 4: a score that is a number"],
    ["16 MiB and more", new Uint8Array(16 * 2 ** 20 + 1), "byte 16777216: at most 16777216 bytes"],
  ])("refuses %s", (_, bytes, message) => {
    const read = () => readLlama2cTokenizer(bytes, "mine.bin");
    expect(read).toThrow(FormatError);
    expect(read).toThrow(`mine.bin: ${message}`);
  });

  it("either reads a damaged file or says what is wrong with it", () => {
    const hits = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(hits, (changes) => {
        const damaged = file.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          readLlama2cTokenizer(damaged).encode("ab");
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 * effort },
    );
  });
});

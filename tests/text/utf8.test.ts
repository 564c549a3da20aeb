import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { decodeUtf8 } from "../../src/text/utf8.ts";
import { effort } from "../support/seed.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const replacing = new TextDecoder("utf-8");

describe("decodeUtf8", () => {
  it("reads every text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.startsWith("\ufeff"));
        expect(decodeUtf8(encode(text))).toBe(text);
      }),
    );
  });

  it("drops a byte order mark at the start, and only there", () => {
    expect(decodeUtf8(encode("\ufeffIn the\ufeff beginning"))).toBe("In the\ufeff beginning");
  });

  it.each([
    ["a continuation byte alone", [0x41, 0x80], 1],
    ["an overlong slash", [0x41, 0x42, 0xc0, 0xaf], 2],
    ["an overlong form of three", [0xe0, 0x9f, 0xbf], 0],
    ["a surrogate", [0x41, 0xed, 0xa0, 0x80], 1],
    ["past U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0],
    ["an overlong form of four", [0xf0, 0x8f, 0xbf, 0xbf], 0],
    ["a cut sequence in the middle", [0xe2, 0x82, 0x41], 0],
    ["a cut sequence at the end", [0x41, 0x42, 0xf0, 0x9f, 0x98], 2],
    ["after a byte order mark", [0xef, 0xbb, 0xbf, 0x41, 0xff], 4],
  ])("refuses %s", (_, bytes, offset) => {
    const decode = () => decodeUtf8(Uint8Array.from(bytes), "corpus.txt");
    expect(decode).toThrow(FormatError);
    expect(decode).toThrow(new RegExp(`^corpus\\.txt: byte ${offset}: not valid UTF-8$`));
  });

  it("says so where a file is UTF-16", () => {
    expect(() => decodeUtf8(Uint8Array.of(0xff, 0xfe, 0x41, 0))).toThrow(
      "text: byte 0: not valid UTF-8; it looks",
    );
  });

  it("finds the offset in a text of many megabytes", () => {
    const bytes = new Uint8Array(20_000_000).fill(0x61);
    bytes[19_999_998] = 0xc3;
    expect(() => decodeUtf8(bytes)).toThrow("byte 19999998:");
  });

  it("names the byte where a decoder that replaces puts its first U+FFFD", () => {
    const text = fc.string({ unit: "binary", minLength: 1 }).filter((s) => !/[\ufffd\ufeff]/.test(s));
    fc.assert(
      fc.property(text, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), (original, hits) => {
        const bytes = encode(original);
        for (const [at, byte] of hits) bytes[at % bytes.length] = byte;
        const replaced = replacing.decode(bytes);
        fc.pre(bytes[0] !== 0xef);
        const first = replaced.indexOf("\ufffd");
        if (first < 0) expect(decodeUtf8(bytes)).toBe(replaced);
        else {
          const offset = encode(replaced.slice(0, first)).length;
          expect(() => decodeUtf8(bytes)).toThrow(`byte ${offset}:`);
        }
      }),
      { numRuns: 500 * effort },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextWriter } from "../../src/generation/tokenText.ts";
import { pieceTokenizer } from "../support/pieceTokenizer.ts";

/** Every byte is a token. */
const bytes = pieceTokenizer(Array.from({ length: 256 }, (_, byte) => [byte]));
const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

/** Characters of one to four bytes, at the ends of their ranges too. */
const characters = [..."ab\0\x7f\u0080é\u07ff\u0800€\ud7ff\ue000\ufeff\uffff😀\u{10000}\u{10ffff}"];
const anyText = fc.array(fc.constantFrom(...characters), { maxLength: 20 }).map((text) => text.join(""));

/** The pieces of text that tokens give, and whether a stop string came. */
function pieces(tokens: readonly number[], stopStrings: readonly string[] = []) {
  const writer = new TextWriter(bytes, stopStrings);
  const texts: string[] = [];
  for (const token of tokens) {
    texts.push(writer.push(token));
    if (writer.stopped) return { texts, stopped: true };
  }
  texts.push(writer.end());
  return { texts, stopped: writer.stopped };
}

describe("TextWriter", () => {
  it("gives whole characters, and all of the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { texts } = pieces(bytesOf(text));
        expect(texts.join("")).toBe(text);
        expect(texts.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
      }),
    );
  });

  it("shows a character that never ends as U+FFFD, when nothing more comes", () => {
    expect(pieces([0x61, 0xf0, 0x9f]).texts).toEqual(["a", "", "", "\ufffd"]);
  });

  it("holds back what may be the beginning of a stop string", () => {
    // "aab" begins at the first a, then at the second, then not at all.
    expect(pieces(bytesOf("aaac!"), ["aab"]).texts).toEqual(["", "", "a", "aac", "!", ""]);
    expect(pieces(bytesOf("xaaab"), ["aab"])).toEqual({ texts: ["x", "", "", "a", ""], stopped: true });
    expect(pieces(bytesOf("xa"), ["aab"]).texts).toEqual(["x", "", "a"]);
  });

  it("stops before the stop string that is complete first, however the text is cut into tokens", () => {
    const words = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 4 }), {
          maxLength: 8,
        }),
        fc.array(words, { minLength: 1, maxLength: 3 }),
        (cuts, stops) => {
          const text = cuts.join("");
          const ends = stops.map(
            (stop) => text.indexOf(stop) + (text.includes(stop) ? stop.length : Infinity),
          );
          const end = Math.min(...ends);
          const begins = stops.filter((_, i) => ends[i] === end).map((stop) => end - stop.length);
          const wanted = end === Infinity ? text : text.slice(0, Math.min(...begins));
          const writer = new TextWriter(pieceTokenizer(cuts), stops);
          let found = "";
          for (let token = 0; token < cuts.length && !writer.stopped; token++) found += writer.push(token);
          const stopped = writer.stopped;
          found += writer.end();
          expect(found).toBe(wanted);
          expect(stopped).toBe(end < Infinity);
        },
      ),
    );
  });

  it("has no text without a tokenizer", () => {
    const writer = new TextWriter(undefined);
    expect([writer.push(1), writer.end()]).toEqual(["", ""]);
  });
});

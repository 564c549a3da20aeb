import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { readSentencePieceJson } from "../../src/pretrained/sentencePiece.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { writeTokenizerJson } from "../../src/text/tokenizerJson.ts";

const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`);
/** As SentencePiece's list is converted: each way to make a token of two others, in the order of the tokens' scores. */
const merges = ["▁ t", "h e", "▁t he", "▁th e", "a n", "▁ a", "▁a n", "▁ an", "▁t h"];
const characters = [..."▁theanxé"];
const merged = [...new Set(merges.map((pair) => pair.replace(" ", "")))];
const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...merged, ...characters];

function json(change: object = {}, added: object[] = []): Uint8Array {
  const file = {
    added_tokens: [
      ...["<unk>", "<s>", "</s>"].map((content, id) => ({ id, content, special: true })),
      ...added,
    ],
    model: {
      type: "BPE",
      byte_fallback: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
      ...change,
    },
  };
  return new TextEncoder().encode(JSON.stringify(file));
}

/** As the format is defined: the pair that comes first in the list merges first, the leftmost of equal ones. */
function slow(text: string): string[] {
  let parts = [...`▁${text.replaceAll(" ", "▁")}`].flatMap((character) => {
    if (tokens.includes(character)) return [character];
    return [...new TextEncoder().encode(character)].map((byte) => bytes[byte]!);
  });
  for (;;) {
    const ranks = parts.slice(1).map((right, i) => merges.indexOf(`${parts[i]} ${right}`));
    const known = ranks.filter((rank) => rank >= 0);
    if (known.length === 0) return parts;
    const at = ranks.indexOf(Math.min(...known));
    parts = [...parts.slice(0, at), `${parts[at]}${parts[at + 1]}`, ...parts.slice(at + 2)];
  }
}

describe("a tokenizer.json of SentencePiece's kind", () => {
  const tokenizer = readSentencePieceJson(json(), "tokenizer.json")!;

  it("merges in the order of its list, with bytes for what it lacks", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."thean x é日\n"), minLength: 1 }), (text) => {
        expect([...tokenizer.encode(text)].map((id) => tokens[id])).toEqual(slow(text));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(` ${text}`);
      }),
    );
  });

  it("takes merges as pairs, and tokens that were added behind", () => {
    const pairs = merges.map((merge) => merge.split(" "));
    const more = readSentencePieceJson(
      json({ merges: pairs }, [{ id: tokens.length, content: "<pad>" }]),
      "a",
    )!;
    expect(more.vocabSize).toBe(tokens.length + 1);
    expect(more.encode("the an")).toEqual(tokenizer.encode("the an"));
  });

  it("is told from one of bytes", () => {
    const other = writeTokenizerJson(BytePairTokenizer.train("the cat", { vocabSize: 260 }));
    expect(readSentencePieceJson(other, "tokenizer.json")).toBeNull();
  });

  it.each<[string, Uint8Array, string]>([
    ["an id twice", json({ vocab: { a: 0, b: 0 } }), "each id once"],
    ["a gap", json({ vocab: { a: 5 } }), "without a gap"],
    ["an endless id", json({ vocab: { a: 2 ** 40 } }), "without a gap"],
    ["a merge of three", json({ merges: ["a b c"] }), "two tokens"],
    ["another model", json({ type: "Unigram" }), "one of BPE"],
    [
      "endless tokens",
      json({}, [{ id: tokens.length, content: "x".repeat(300), special: false }]),
      "256 bytes",
    ],
    ["no JSON", new Uint8Array(3), "tokenizer.json"],
  ])("is refused with %s", (_, file, message) => {
    const read = () => readSentencePieceJson(file, "tokenizer.json");
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });
});

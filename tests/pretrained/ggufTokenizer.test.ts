import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/byteSource.ts";
import { openGguf } from "../../src/io/gguf.ts";
import { readGgufTokenizer } from "../../src/pretrained/ggufTokenizer.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { Llama2cTokenizer } from "../../src/text/llama2c.ts";
import { type GgufEntry, ggufFile } from "../support/ggufFile.ts";

async function read(metadata: Record<string, GgufEntry>) {
  const open = await openGguf(bytesSource(ggufFile({ metadata, tensors: {} })));
  return readGgufTokenizer(open.metadata, "a.gguf");
}

const byteTokens = Array.from(
  { length: 256 },
  (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`,
);
const words = ["▁", "t", "h", "e", "▁t", "he", "▁the", "a", "n", "▁a", "an", "é"];
const tokens = ["<unk>", "<s>", "</s>", ...byteTokens, ...words, "<|user|>"];
const scores = Float32Array.from(tokens, (_, i) => (i < 259 ? 0 : 259 - i));
const types = Int32Array.from(tokens, (_, i) =>
  i === 0 ? 2 : i < 3 || i === tokens.length - 1 ? 3 : i < 259 ? 6 : 1,
);
const sentencePiece = {
  "tokenizer.ggml.model": "llama",
  "tokenizer.ggml.tokens": tokens,
  "tokenizer.ggml.scores": scores,
  "tokenizer.ggml.token_type": types,
};

describe("a tokenizer of SentencePiece's kind", () => {
  it("merges as llama2.c's does", async () => {
    const tokenizer = (await read(sentencePiece))!;
    expect(tokenizer).toBeInstanceOf(Llama2cTokenizer);
    expect(tokenizer.vocabSize).toBe(tokens.length);
    const names = (text: string) => [...tokenizer.encode(text)].map((id) => tokens[id]);
    expect(names("the an")).toEqual(["▁the", "▁a", "n"]);
    expect(names("é!")).toEqual(["▁", "é", "<0x21>"]);
    expect(tokenizer.decode(tokenizer.encode("the naïve"))).toBe(" the naïve");
  });

  it("does not let a text pose as a token that steers", async () => {
    const tokenizer = (await read(sentencePiece))!;
    for (const text of ["<s>", "</s>", "<|user|>"]) {
      expect([...tokenizer.encode(text)]).not.toContain(tokens.indexOf(text));
    }
  });
});

describe("a tokenizer of byte pairs", () => {
  const trained = BytePairTokenizer.train("the 12 cats and the 34 hats that the cats have", {
    vocabSize: 290,
    specialTokens: ["<|endoftext|>"],
  });
  const { vocabulary, merges, addedTokens } = trained.parts;
  const byId = [...vocabulary, ...addedTokens.map(({ content, id }) => [content, id] as const)]
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);
  const special = new Set(addedTokens.map(({ id }) => id));
  const metadata = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": byId,
    "tokenizer.ggml.merges": merges.map((pair) => pair.join(" ")),
    "tokenizer.ggml.token_type": Int32Array.from(byId, (_, id) => (special.has(id) ? 3 : 1)),
  };

  it("encodes as the one that it was written of", async () => {
    const tokenizer = (await read(metadata))!;
    expect(tokenizer.specialTokens).toEqual(trained.specialTokens);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."the cats12 é\n") }), (text) => {
        expect(tokenizer.encode(text)).toEqual(trained.encode(text));
      }),
    );
    const all = { allowedSpecial: "all" } as const;
    expect(tokenizer.encode("a<|endoftext|>", all)).toEqual(trained.encode("a<|endoftext|>", all));
  });

  it("cuts digits one by one where it says so", async () => {
    const tokenizer = (await read({ ...metadata, "tokenizer.ggml.pre": "smollm" }))!;
    expect([...tokenizer.encode("12")].map((id) => byId[id])).toEqual(["1", "2"]);
  });

  it("is none where its way to cut is not known", async () => {
    expect(await read({ ...metadata, "tokenizer.ggml.pre": "qwen2" })).toBeNull();
    expect(await read({})).toBeNull();
  });

  it.each<[string, Record<string, GgufEntry>, string]>([
    ["no tokens", { ...metadata, "tokenizer.ggml.tokens": 3 }, "tokenizer.ggml.tokens: a list of strings"],
    ["a merge of three", { ...metadata, "tokenizer.ggml.merges": ["a b c"] }, "two tokens with a blank"],
    ["a merge of what is not there", { ...metadata, "tokenizer.ggml.merges": ["xx yy"] }, "a.gguf"],
    ["a token twice", { ...metadata, "tokenizer.ggml.tokens": byId.with(1, byId[0]!) }, "each token once"],
    [
      "types of other tokens",
      { ...metadata, "tokenizer.ggml.token_type": new Int32Array(3) },
      "numbers in i32",
    ],
    [
      "scores of NaN",
      { ...sentencePiece, "tokenizer.ggml.scores": scores.map(() => Number.NaN) },
      "numbers in f32",
    ],
    ["fewer scores", { ...sentencePiece, "tokenizer.ggml.scores": scores.slice(1) }, "numbers in f32"],
    [
      "endless tokens",
      { ...sentencePiece, "tokenizer.ggml.tokens": tokens.with(260, "x".repeat(300)) },
      "more than 256 bytes",
    ],
  ])("is refused with %s", async (_, broken, message) => {
    await expect(read(broken)).rejects.toThrow(FormatError);
    await expect(read(broken)).rejects.toThrow(message);
  });
});

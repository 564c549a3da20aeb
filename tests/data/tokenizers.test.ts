import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { encode as p50k } from "gpt-tokenizer/encoding/p50k_base";
import { encode as r50k } from "gpt-tokenizer/encoding/r50k_base";
import { beforeAll, describe, expect, it } from "vitest";
import { readTiktoken } from "../../src/text/tiktoken.ts";
import { readTokenizerJson, writeTokenizerJson } from "../../src/text/tokenizerJson.ts";

/** Karpathy's nanoGPT counts as many tokens of GPT-2 in tiny shakespeare: 301,966 to train and 36,059 to validate. */
const TOKENS = 338_025;
const TRAINING_TOKENS = 301_966;

const { resolve } = createRequire(import.meta.url);
const ranksOf = (name: string) => readFileSync(resolve(`gpt-tokenizer/data/${name}.tiktoken`));

const CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const CL100K = `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const [UPPER, LOWER] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];
const O200K = [
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${CONTRACTION}?`,
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${CONTRACTION}?`,
  "\\p{N}{1,3}",
  " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
  "\\s*[\\r\\n]+",
  "\\s+(?!\\S)",
  "\\s+",
].join("|");

let text: string;
beforeAll(() => {
  const data = process.env.LANEGRAD_DATA;
  if (!data) throw new Error("LANEGRAD_DATA must name the folder that holds tinyshakespeare.txt");
  text = readFileSync(join(data, "tinyshakespeare.txt"), "utf8");
});

describe("tiny shakespeare in GPT-2's tokens", () => {
  it("is what gpt-tokenizer makes of it", () => {
    const gpt2 = readTiktoken(ranksOf("r50k_base"));
    const ids = gpt2.encode(text);
    expect(ids.length).toBe(TOKENS);
    expect([...ids]).toEqual(r50k(text));
    expect(gpt2.encode(text.slice(0, Math.floor(0.9 * text.length))).length).toBe(TRAINING_TOKENS);
    expect(gpt2.decode(ids)).toBe(text);
    const back = readTokenizerJson(writeTokenizerJson(gpt2));
    expect(back.encode(text)).toEqual(ids);
  });
});

describe.each([
  ["p50k_base", p50k, undefined],
  ["cl100k_base", cl100k, CL100K],
  ["o200k_base", o200k, O200K],
] as const)("%s", (name, encode, pattern) => {
  it("is read from its file of ranks", () => {
    const tokenizer = readTiktoken(ranksOf(name), pattern === undefined ? {} : { pattern });
    const other = `${text.slice(0, 200_000)} I'VE 12345 naïve 世界 😀👩‍👩‍👧   \n\n  \t x = y;\r\n`;
    expect([...tokenizer.encode(other)]).toEqual(encode(other));
  });
});

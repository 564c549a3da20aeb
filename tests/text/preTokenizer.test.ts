import { describe, expect, it } from "vitest";
import { byteLevelPreTokenizer, makeCutter, type PreTokenizer } from "../../src/text/preTokenizer.ts";

function words(description: PreTokenizer, text: string): string[] {
  const found: string[] = [];
  makeCutter(description, "tokenizer.json")(text, (word) => found.push(word));
  return found;
}

const split = (pattern: string, behavior: "Isolated" | "Removed", invert = false): PreTokenizer => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior,
  invert,
});

describe("makeCutter", () => {
  it.each<[PreTokenizer, string, string[]]>([
    [byteLevelPreTokenizer(), "a b", ["a", " b"]],
    [{ type: "ByteLevel", add_prefix_space: true, use_regex: true }, "a b", [" a", " b"]],
    [{ type: "ByteLevel", add_prefix_space: true, use_regex: false }, " a b", [" a b"]],
    [byteLevelPreTokenizer("\\d"), "a12b", ["a", "1", "2", "b"]],
    [split(",", "Isolated"), "a,b,,c", ["a", ",", "b", ",", ",", "c"]],
    [split(",", "Isolated", true), "a,b", ["a", ",", "b"]],
    [split(",", "Removed"), ",a,b,", ["a", "b"]],
    [split("\\w+", "Removed", true), "ab, cd", ["ab", "cd"]],
    [split("x*", "Isolated"), "axxb", ["a", "xx", "b"]],
    [
      { type: "Split", pattern: { String: "a.b" }, behavior: "Removed", invert: false },
      "1a.b2axb",
      ["1", "2axb"],
    ],
    [{ type: "Digits", individual_digits: true }, "a12", ["a", "1", "2"]],
    [{ type: "Digits", individual_digits: false }, "a12", ["a", "12"]],
    [{ type: "Whitespace" }, "ab, c_d!? é", ["ab", ",", "c_d", "!?", "é"]],
    [{ type: "WhitespaceSplit" }, " ab,\n c\u0085d", ["ab,", "c", "d"]],
    [{ type: "Punctuation" }, "a!?b", ["a", "!", "?", "b"]],
    [{ type: "BertPreTokenizer" }, " don't\u3000stop… $5 ", ["don", "'", "t", "stop", "…", "$", "5"]],
    [{ type: "Sequence", pretokenizers: [] }, "a b", ["a b"]],
  ])("%j", (description, text, wanted) => {
    expect(words(description, text)).toEqual(wanted);
  });

  it("hands over nothing for no text", () => {
    for (const type of ["Whitespace", "BertPreTokenizer", "Punctuation"] as const)
      expect(words({ type }, "")).toEqual([]);
    expect(words(byteLevelPreTokenizer(), "")).toEqual([]);
    expect(words(split("a", "Isolated"), "")).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { translatePattern } from "../../src/text/pattern.ts";

const matches = (pattern: string, text: string) =>
  text.match(translatePattern(pattern, "tokenizer.json", "split"));

describe("translatePattern", () => {
  it.each([
    ["(?i:'s|'ll)|\\w+", "it's IT'S we'LL it'ſ", ["it", "'s", "IT", "'S", "we", "'LL", "it", "'ſ"]],
    ["'(?i:[sdmt]|ll)", "'S 't 'Ll 'K", ["'S", "'t", "'Ll"]],
    ["a(?i:b(?:c))d", "aBCd abcd ABCD", ["aBCd", "abcd"]],
    ["\\s+", "a\u0085\u00a0b\ufeffc", ["\u0085\u00a0"]],
    ["[^\\r\\n\\p{L}\\p{N}]?\\p{L}+", " naïve,世界", [" naïve", ",世界"]],
    ["\\d{1,3}", "12345٣٤", ["123", "45٣", "٤"]],
    ["\\p{Han}+", "ab世界cd", ["世界"]],
    ["[\\'\\\"\\-]", "a'b-c\"", ["'", "-", '"']],
    ["\\s+(?!\\S)|\\s+", "a   b ", ["  ", " ", " "]],
    ["\\A.|.\\z", "abc", ["a", "c"]],
  ])("%s", (pattern, text, wanted) => {
    expect(matches(pattern, text)).toEqual(wanted);
  });

  it.each([
    ["(", "Unterminated group"],
    ["[a", "a class that does not end"],
    ["a\\", "a backslash at the end"],
    ["\\p{Klingon}", "Invalid property name"],
    ["\\pL", "\\p wants a name in braces"],
    ["a++", "possessive quantifiers are not supported"],
    ["[a&&b]", "&& is not supported"],
    ["[a[b]]", "a class within a class is not supported"],
    ["[\\W]", "\\W in a class is not supported"],
    ["\\h", "\\h is not supported"],
    ["\\1", "\\1 is not supported"],
  ])("refuses %s", (pattern, reason) => {
    expect(() => matches(pattern, "")).toThrow(FormatError);
    expect(() => matches(pattern, "")).toThrow("tokenizer.json: split: a regular expression, not");
    expect(() => matches(pattern, "")).toThrow(reason);
  });
});

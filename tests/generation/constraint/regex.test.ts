import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../../src/errors.ts";
import { Automaton } from "../../../src/generation/constraint/automaton.ts";
import { either } from "../../../src/generation/constraint/expression.ts";
import { parseRegex } from "../../../src/generation/constraint/regexParser.ts";

const automatonOf = (pattern: string) =>
  new Automaton(either(...parseRegex(pattern).map(({ expression }) => expression)));

function accepts(automaton: Automaton, bytes: Uint8Array): boolean {
  let state = 0;
  for (const byte of bytes) {
    state = automaton.next(state, byte);
    if (state < 0) return false;
  }
  return automaton.accepts(state);
}

const matches = (automaton: Automaton, text: string) => accepts(automaton, new TextEncoder().encode(text));

/** Characters of one to four bytes, ends of lines, spaces of several kinds, and what syntax is made of. */
const alphabet = [..."abc019_ .-]^\\\n\r\t\u00a0éß\u2028€\ufeff😀\u{10ffff}"];
const anyText = fc
  .array(fc.constantFrom(...alphabet), { maxLength: 6 })
  .map((characters) => characters.join(""));

/** The text of a regular expression. */
const anyPattern: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      "a",
      "b",
      "c",
      "é",
      "😀",
      ".",
      "\\d",
      "\\w",
      "\\S",
      "\\s",
      "[a-c]",
      "[^a]",
      "[\\d_-]",
      "[^\\w]",
    ),
    fc.constantFrom("\\n", "\\.", "\\u{1F600}", "\\xe9", "\\u20ac", "[^]", "[\\]\\^é-€]", ""),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => a + b),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(tie("node"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "{0}", "{1,3}"))
      .map(([a, quantifier]) => `(?:${a})${quantifier}`),
  ),
})).node;

describe("a regular expression", () => {
  it("accepts what JavaScript's matches as a whole", () => {
    fc.assert(
      fc.property(anyPattern, fc.array(anyText, { minLength: 10, maxLength: 10 }), (pattern, texts) => {
        const wanted = new RegExp(`^(?:${pattern})$`, "u");
        const automaton = automatonOf(pattern);
        for (const text of texts)
          expect(matches(automaton, text), JSON.stringify(text)).toBe(wanted.test(text));
      }),
    );
  });

  it.each(["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", ".", "[^é-€]", "[\\u0000-\\ud7ff\\ue000-\\u{10ffff}]"])(
    "agrees on every character about %s",
    (pattern) => {
      const automaton = automatonOf(pattern);
      const wanted = new RegExp(`^${pattern}$`, "u");
      for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += codePoint < 0x3100 ? 1 : 97) {
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
        const character = String.fromCodePoint(codePoint);
        if (matches(automaton, character) !== wanted.test(character)) expect.unreachable(character);
      }
    },
  );

  it("reads no bytes that are not UTF-8", () => {
    const automaton = automatonOf("[^]*");
    for (const bytes of [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      expect(accepts(automaton, Uint8Array.from(bytes))).toBe(false);
    }
    expect(matches(automaton, "a\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}")).toBe(true);
  });

  it("drops anchors at its ends", () => {
    const automaton = automatonOf("^ab$|^c|d$");
    expect(["ab", "c", "d", "abc", "cd"].map((text) => matches(automaton, text))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ["(?=a)", "no group but (…) and (?:…) at character 2"],
    ["(?<name>a)", "no group but (…) and (?:…) at character 2"],
    ["(a)\\1", 'an escape that is known, not "\\1" at character 4'],
    ["\\bfoo", 'an escape that is known, not "\\b" at character 1'],
    ["\\p{L}", 'an escape that is known, not "\\p" at character 1'],
    ["a*?", "no lazy quantifier at character 2"],
    ["a**", "one quantifier only at character 2"],
    ["*", '"\\*" for the character itself at character 0'],
    ["(a", '")" at character 2'],
    ["a)", "an end of the pattern at character 1"],
    ["a^b", '"\\^" for the character itself at character 1'],
    ["a$b", "an end of the pattern at character 2"],
    ["[b-a]", "a range of two characters that rise at character 4"],
    ["[\\d-z]", "a range of two characters that rise at character 5"],
    ["[a", "more at character 2"],
    ["a{3,2}", "a quantifier whose numbers rise at character 6"],
    ["a{", "a number up to 10000 at character 2"],
    ["a{99999}", "a number up to 10000 at character 7"],
    ["\\u12", "a code point in hexadecimal digits at character 2"],
    ["\\u{110000}", "a code point in hexadecimal digits at character 3"],
    ["\\ud800", "no half of a surrogate pair at character 2"],
    ["\\", "more at character 1"],
    ["\\00", "no digit behind \\0 at character 2"],
  ])("refuses %s", (pattern, message) => {
    expect(() => parseRegex(pattern)).toThrow(ArgumentError);
    expect(() => parseRegex(pattern)).toThrow(`regular expression: wanted ${message}, got`);
  });

  it("refuses what nothing matches, and what takes too many states", () => {
    expect(() => automatonOf("a[]")).toThrow("constraint: wanted what some text can match");
    expect(() => automatonOf("(?:a|b)*a(?:a|b){20}")).toThrow("constraint: wanted at most 20000 states");
    expect(() => automatonOf("(?:.{1000}){1000}")).toThrow("constraint: wanted at most 100000 places");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharacterClasses, gpt2Class } from "../../src/text/characterClasses.ts";
import { GPT2_PATTERN, gpt2PieceEnd } from "../../src/text/gpt2Pattern.ts";
import { translatePattern } from "../../src/text/pattern.ts";
import { effort } from "../support/seed.ts";
import { texts } from "../support/tokenizers.ts";

function pieces(text: string): string[] {
  const classes = new CharacterClasses(gpt2Class);
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = gpt2PieceEnd(text, at, classes);
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

describe("gpt2PieceEnd", () => {
  it("cuts as the regular expression does", () => {
    const pattern = translatePattern(GPT2_PATTERN, "file", "place");
    const odd = fc.array(
      fc.oneof(texts, fc.constantFrom("\u0085", "\ufeff", "\ud800", "\udc00", "'r", "'l", "'v")),
    );
    fc.assert(
      fc.property(odd, (parts) => {
        const text = parts.join("");
        expect(pieces(text)).toEqual(text.match(pattern) ?? []);
      }),
      { numRuns: 100 * effort },
    );
  });

  it.each([
    ["I've seen  they'll", ["I", "'ve", " seen", " ", " they", "'ll"]],
    ["a  \n b", ["a", "  \n", " b"]],
    ["tail   ", ["tail", "   "]],
    ["x = 10;", ["x", " =", " 10", ";"]],
    ["DON'T", ["DON", "'", "T"]],
  ])("cuts %j", (text, wanted) => {
    expect(pieces(text)).toEqual(wanted);
  });
});

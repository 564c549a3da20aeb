import { describe, expect, it } from "vitest";
import { type AddedToken, AddedTokens } from "../../src/text/addedTokens.ts";

/** Stretches of text and ids, in order. */
function sections(
  tokens: readonly AddedToken[],
  text: string,
  { allowed = "all" as "all" | string[], normalize = null as ((text: string) => string) | null } = {},
): (string | number)[] {
  const found: (string | number)[] = [];
  const options = { allowedSpecial: allowed, disallowedSpecial: [] };
  const visitor = { text: (part: string) => found.push(part), token: (id: number) => found.push(id) };
  new AddedTokens(tokens, normalize).visit(text, options, visitor);
  return found;
}

describe("AddedTokens", () => {
  it("finds the leftmost, the longest of those", () => {
    const tokens = [
      { id: 1, content: "<a>" },
      { id: 2, content: "<a><b>" },
      { id: 3, content: "[.*]" },
    ];
    expect(sections(tokens, "x<a><b><a>y[.*]")).toEqual(["x", 2, 1, "y", 3]);
    expect(sections(tokens, "")).toEqual([]);
    expect(sections([], "text")).toEqual(["text"]);
  });

  it("takes white space along where it is told to", () => {
    const tokens = [
      { id: 1, content: "<l>", stripLeft: true },
      { id: 2, content: "<r>", stripRight: true },
    ];
    expect(sections(tokens, "a \n<l> b <r>\u3000c<l>")).toEqual(["a", 1, " b ", 2, "c", 1]);
    expect(sections(tokens, "<r>  <l>")).toEqual([2, 1]);
  });

  it("leaves single words within words alone", () => {
    const tokens = [{ id: 1, content: "of", singleWord: true }];
    expect(sections(tokens, "of often soft off, of.")).toEqual([1, " often soft off, ", 1, "."]);
    expect(sections(tokens, "𝒳of of𝒳 éof _of")).toEqual(["𝒳of of𝒳 éof _of"]);
  });

  it("reads special tokens that are not allowed as text, others always", () => {
    const tokens = [
      { id: 1, content: "<s>" },
      { id: 2, content: "<t>" },
      { id: 3, content: "<x>", special: false },
    ];
    expect(sections(tokens, "<s><t><x>", { allowed: ["<t>"] })).toEqual(["<s>", 2, 3]);
    expect(sections(tokens, "<s><t><x>", { allowed: [] })).toEqual(["<s><t>", 3]);
  });

  it("finds normalised tokens in normalised text, the others before", () => {
    const tokens = [
      { id: 1, content: "ABC", special: false, normalized: true },
      { id: 2, content: "XYZ", special: false },
    ];
    const normalize = (text: string) => text.toLowerCase();
    expect(sections(tokens, "Abc xyz XYZ Q", { normalize })).toEqual([1, " xyz ", 2, " q"]);
  });
});

import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { constrainToChoices, constrainToRegex } from "../../../src/generation/constraint/constrain.ts";
import { type GenerateOptions, generate } from "../../../src/generation/generate.ts";
import { Random } from "../../../src/random.ts";
import { CharacterTokenizer } from "../../../src/text/character.ts";
import { fakeModel, randomRule } from "../../support/fakeModel.ts";
import { pieceTokenizer } from "../../support/pieceTokenizer.ts";
import { fastRuntime } from "../../support/runtimes.ts";

const runtime = fastRuntime();
afterAll(() => runtime.dispose());

/** Letters, parts of "é" and "😀", pieces longer than a character, and an end of text that has no bytes. */
const pieces = [
  ..."abcdef",
  [0xc3],
  [0xa9],
  "é",
  [0xf0, 0x9f],
  [0x98, 0x80],
  "ab",
  "abc",
  "cd",
  "fa",
  "é😀",
  "",
];
const tokenizer = pieceTokenizer(pieces);
const END = pieces.length - 1;

async function written(seed: number, options: Omit<GenerateOptions, "random" | "tokenizer">) {
  const model = fakeModel(runtime, pieces.length, randomRule(pieces.length, seed));
  let [text, finish, count] = ["", "", 0];
  for await (const record of generate(model, [0], { random: new Random(seed), tokenizer, ...options })) {
    text += record.text;
    finish = record.finish ?? "";
    count++;
  }
  return { text, finish, count };
}

const anyPattern = fc.constantFrom(
  "(ab|cd)*ef?",
  "[^b]{3,5}é",
  "(é|😀){2}(a|b)*",
  "abc(def)+",
  "a?b?c?d?e?f",
  ".*fade",
);

describe("a constraint", () => {
  it("gives a text that matches, whatever the model says and however many tokens it may take", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyPattern,
        fc.nat(1000),
        fc.integer({ min: 6, max: 12 }),
        async (pattern, seed, tokens) => {
          const constraint = constrainToRegex(pattern, tokenizer);
          const { text, count } = await written(seed, { tokens, constraint });
          expect(text).toMatch(new RegExp(`^(?:${pattern})$`, "u"));
          expect(count).toBeLessThanOrEqual(tokens);
        },
      ),
    );
  });

  it("needs as few tokens as the longest pieces make of the shortest text", async () => {
    // abc·d·e·f and nothing shorter: abcdef has no longer pieces behind abc.
    const constraint = constrainToRegex("abcdef|abcdefabcdef", tokenizer);
    expect((await written(1, { tokens: 4, constraint })).text).toBe("abcdef");
    await expect(written(1, { tokens: 3, constraint })).rejects.toThrow(
      "constraint: wanted at least 4 tokens, got 3",
    );
    // é😀 is one piece, and its bytes are four others.
    expect((await written(1, { tokens: 1, constraint: constrainToChoices(["é😀"], tokenizer) })).text).toBe(
      "é😀",
    );
  });

  it("ends where nothing can follow, and else where a stop token comes or the tokens end", async () => {
    const closed = constrainToRegex("ab|cd", tokenizer);
    expect(await written(1, { tokens: 9, constraint: closed })).toMatchObject({ finish: "constraint" });
    const open = constrainToRegex("(ab)*", tokenizer);
    expect(await written(1, { tokens: 9, constraint: open })).toMatchObject({ finish: "tokens" });
    const logitBias = { [END]: 20 };
    const stopped = await written(1, { tokens: 9, constraint: open, stopTokens: [END], logitBias });
    expect(stopped).toEqual({ text: "", finish: "stopToken", count: 1 });
    // A stop token comes only where the text is whole.
    const whole = await written(1, { tokens: 9, constraint: closed, stopTokens: [END], logitBias });
    expect(["ab", "cd"]).toContain(whole.text);
  });

  it("that only the empty text matches gives no token", async () => {
    const constraint = constrainToRegex("", tokenizer);
    expect(await written(1, { tokens: 9, constraint })).toEqual({ text: "", finish: "", count: 0 });
  });

  it("does not count on a stop token to write a text", async () => {
    const constraint = constrainToRegex("f+", tokenizer);
    await expect(written(1, { tokens: 9, constraint, stopTokens: [5] })).rejects.toThrow(
      "constraint: wanted a vocabulary that can write it",
    );
  });

  it("gives one of the choices, each one for some seed", async () => {
    const choices = ["abc", "abcdef", "é", "éa", "fade"];
    const constraint = constrainToChoices(choices, tokenizer);
    const found = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      found.add((await written(seed, { tokens: 6, constraint, stopTokens: [END] })).text);
    }
    expect([...found].sort()).toEqual(choices.toSorted());
    expect(() => constrainToChoices([], tokenizer)).toThrow("wanted at least one choice");
    expect(() => constrainToChoices(["a", "\ud800"], tokenizer)).toThrow("halves of surrogate pairs");
  });

  it("refuses stop strings beside it, and a vocabulary that lacks a character", async () => {
    const constraint = constrainToRegex("ab", tokenizer);
    await expect(written(1, { tokens: 9, constraint, stopStrings: ["b"] })).rejects.toThrow("not both");
    const few = CharacterTokenizer.train("ab");
    const unwritable = constrainToRegex("abc", few);
    expect(() => unwritable.checkBudget(9, [])).toThrow("wanted a vocabulary that can write it");
  });

  it("leaves beginnings alone that the vocabulary cannot finish", async () => {
    // [b-z] has an x, and nothing can write the y behind it.
    const constraint = constrainToRegex("a(b|cy|éz)+|fy", tokenizer);
    for (let seed = 0; seed < 10; seed++) {
      expect((await written(seed, { tokens: 5, constraint })).text).toMatch(/^ab+$/);
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aText, jsonOf, lanegrad, small } from "../support/commandLine.ts";

const folder = mkdtempSync(join(tmpdir(), "lanegrad-generate-"));
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  writeFileSync(at("text.txt"), aText());
  const train = ["train", "--data", at("text.txt"), "--steps", "20"];
  await lanegrad(...train, ...small, "--out", at("run"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const generate = (...options: string[]) => lanegrad("generate", "--model", at("run"), ...options);
const textOf = async (...options: string[]): Promise<string> =>
  jsonOf(await generate("--prompt", "line ", "--seed", "3", "--json", ...options)).text;

describe("lanegrad generate", () => {
  it("draws as the sampling options say", async () => {
    const likeliest = await textOf("--tokens", "20", "--temperature", "0");
    for (const option of [
      ["--top-p", "0.01"],
      ["--min-p", "1"],
      ["--top-k", "1"],
    ]) {
      expect(await textOf("--tokens", "20", ...option)).toBe(likeliest);
    }
    expect(await textOf("--tokens", "20", "--typical", "0.3")).toHaveLength(20);
  });

  it("keeps to penalties and bans", async () => {
    expect(new Set(await textOf("--tokens", "15", "--no-repeat", "1")).size).toBe(15);
    const plain = await textOf("--tokens", "40");
    const penalties = ["--repetition-penalty", "1.5", "--presence-penalty", "1", "--frequency-penalty", "1"];
    expect(await textOf("--tokens", "40", ...penalties)).not.toBe(plain);
    const banned = await textOf("--tokens", "60", "--bad-word", "e", "--bad-word", "l");
    expect(banned).not.toMatch(/[el]/);
    const newline = 0;
    expect(await textOf("--tokens", "5", "--logit-bias", `{"${newline}": 50}`)).toBe("\n".repeat(5));
  });

  it("stops before a text and at a token", async () => {
    const plain = await textOf("--tokens", "60");
    const stop = plain.slice(10, 12);
    expect(await textOf("--tokens", "60", "--stop", stop)).toBe(plain.slice(0, plain.indexOf(stop)));
    const ended = jsonOf(
      await generate("--seed", "3", "--stop-token", "0", "--minimum-tokens", "4", "--json"),
    );
    expect(ended.tokens).toBeGreaterThanOrEqual(5);
    expect(ended.text).not.toContain("\n");
  });

  it("writes what matches", async () => {
    expect(await textOf("--tokens", "30", "--regex", "\\d{4} says hello")).toMatch(/^\d{4} says hello$/);
    expect(["hello", "world"]).toContain(await textOf("--choice", "hello", "--choice", "world"));
    writeFileSync(
      at("schema.json"),
      JSON.stringify({ type: "array", items: { type: "integer" }, maxItems: 2 }),
    );
    // The text it was trained on has no brackets.
    expect(await generate("--json-schema", at("schema.json"))).toMatchObject({
      code: 2,
      err: 'lanegrad: constraint: wanted a vocabulary that can write it, got "one that cannot"\n',
    });
    writeFileSync(at("schema.json"), JSON.stringify({ type: "integer" }));
    expect(
      JSON.parse(await textOf("--tokens", "6", "--json-schema", at("schema.json"))),
    ).toBeGreaterThanOrEqual(0);
  });

  it("prints each token as a line of JSON", async () => {
    const { out } = await generate("--tokens", "4", "--seed", "3", "--json-lines", "--alternatives", "2");
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ finish }) => finish)).toEqual([null, null, null, "tokens"]);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(["token", "text", "finish", "logProbability", "alternatives"]);
      expect(line.alternatives).toHaveLength(2);
    }
  });

  it("searches with beams, one line a text", async () => {
    const options = ["--tokens", "6", "--beams", "3", "--results", "2", "--length-penalty", "1", "--json"];
    const outcome = await generate("--prompt", "li", ...options);
    const lines = outcome.out.trimEnd().split("\n");
    expect(lines.slice(0, 2).every((line) => line.startsWith("li"))).toBe(true);
    expect(jsonOf(outcome)).toMatchObject({ prompt: "li", tokens: 6, score: expect.any(Number) });
    expect(jsonOf(outcome).score).toBeLessThan(0);
  });

  it("takes what is likely and new, and the guesses of a second model", async () => {
    // The context is of 8 characters.
    const contrastive = ["--prompt", "li", "--tokens", "6", "--contrastive", "0.6", "--top-k", "4", "--json"];
    const { text, seed } = jsonOf(await generate(...contrastive));
    expect([text.length, seed]).toEqual([6, undefined]);
    const greedy = ["--tokens", "20", "--temperature", "0"];
    const guessed = await textOf(...greedy, "--draft", at("run"), "--draft-tokens", "3");
    expect(guessed).toBe(await textOf(...greedy));
  });

  it.each([
    [
      ["--regex", "a", "--choice", "b"],
      "option '--regex <pattern>' cannot be used with option '--choice <text>'",
    ],
    [
      ["--regex", "a", "--stop", "b"],
      "option '--regex <pattern>' cannot be used with option '--stop <text>'",
    ],
    [["--beams", "2", "--top-p", "0.5"], "option '--beams <n>' cannot be used with option '--top-p <share>'"],
    [["--beams", "2", "--seed", "1"], "option '--beams <n>' cannot be used with option '--seed <n>'"],
    [
      ["--contrastive", "0.5", "--temperature", "1"],
      "option '--contrastive <penalty>' cannot be used with option '--temperature <t>'",
    ],
    [["--draft", "x", "--beams", "2"], "option '--draft <path>' cannot be used with option '--beams <n>'"],
    [["--draft-tokens", "2"], '--draft-tokens: wanted --draft with it, got "none"'],
    [["--results", "2"], '--results: wanted --beams with it, got "none"'],
    [["--minimum-tokens", "2"], '--minimum-tokens: wanted --stop-token with it, got "none"'],
    [["--alternatives", "2"], '--alternatives: wanted --json-lines with it, got "none"'],
    [["--logit-bias", "x"], 'Wanted JSON like {"50256": -100}.'],
    [
      ["--stop-token", "<end>"],
      '--stop-token: wanted one of no special tokens, or a number below 24, got "<end>"',
    ],
    [["--regex", "(?=a)"], "regular expression: wanted no group but (…) and (?:…) at character 2"],
    [["--min-p", "2"], "Wanted a number from 0 to 1."],
  ])("refuses %j in one line", async (options, message) => {
    const { code, out, err } = await generate(...options);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err).toContain(message);
  });
});

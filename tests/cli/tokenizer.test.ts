import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readTokenizerJson } from "../../src/text/tokenizerJson.ts";
import { aText, jsonOf, lanegrad, small, testFolder } from "../support/commandLine.ts";

const at = testFolder();
const train = (...options: string[]) =>
  lanegrad("train", "--data", at("text.txt"), ...small, "--tokenizer", "bpe", "--out", at("run"), ...options);

describe("--tokenizer bpe", () => {
  it("trains on byte pairs and saves them as other programs read them", async () => {
    const { code, out, err } = await train("--vocab-size", "300", "--steps", "4");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/\ncorpus {2}text\.txt, [\d,]+ characters, 300 byte-pair tokens\n/);
    const step = at("run", "step-000004");
    expect(readdirSync(step)).toContain("tokenizer.json");
    const tokenizer = readTokenizerJson(readFileSync(`${step}/tokenizer.json`));
    expect(tokenizer.vocabSize).toBe(300);
    expect(tokenizer.encode(aText()).length).toBeLessThan(aText().length);
    expect(JSON.parse(readFileSync(`${step}/trainer.json`, "utf8")).tokenizer).toEqual({ kind: "bytePair" });
    expect(JSON.parse(readFileSync(`${step}/config.json`, "utf8")).vocabSize).toBe(300);
  });

  it("is read by eval, generate and info", async () => {
    await train("--vocab-size", "300", "--steps", "4");
    const evaluated = jsonOf(
      await lanegrad("eval", "--model", at("run"), "--data", at("text.txt"), "--json"),
    );
    const tokens = readTokenizerJson(readFileSync(at("run", "step-000004", "tokenizer.json"))).encode(
      aText(),
    ).length;
    const bitsPerToken = evaluated.loss / Math.LN2;
    expect(evaluated.bitsPerCharacter).toBeCloseTo((bitsPerToken * tokens) / aText().length, 6);
    const options = ["--model", at("run"), "--tokens", "20", "--seed", "1"];
    const generated = await lanegrad("generate", ...options, "--prompt", "naïve 世界", "--json");
    expect(generated.out.startsWith("naïve 世界")).toBe(true);
    expect(jsonOf(generated).tokens).toBe(20);
    expect((await lanegrad("generate", ...options)).out.startsWith("\n")).toBe(true);
    expect((await lanegrad("info", "--model", at("run"))).out).toMatch(/vocabSize +300\n/);
  });

  it("goes on with the same tokens, and says so where others are asked for", async () => {
    await train("--vocab-size", "300", "--steps", "4", "--stop-at", "2");
    const resume = (...options: string[]) => lanegrad("train", "--resume", at("run"), ...options);
    const refused = await resume("--tokenizer", "characters");
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining("--tokenizer: wanted bpe, as the run began"),
    });
    expect((await resume("--vocab-size", "400")).err).toContain("--vocab-size: wanted 300, as the run began");
    expect((await resume("--tokenizer", "bpe", "--vocab-size", "300")).code).toBe(0);
  });

  it("reads <|endoftext|> between documents as one token", async () => {
    writeFileSync(at("text.txt"), `${aText()}<|endoftext|>${aText()}`);
    const { code } = await train("--vocab-size", "300", "--steps", "1");
    expect(code).toBe(0);
    expect((await lanegrad("eval", "--model", at("run"), "--data", at("text.txt"))).code).toBe(0);
    const refused = await lanegrad("generate", "--model", at("run"), "--prompt", "<|endoftext|>");
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("<|endoftext|> at index 0") });
  });

  it("refuses sizes that no such tokenizer has, and makes no folder", async () => {
    expect((await train("--vocab-size", "256")).err).toContain("wanted vocabSize from 257 on");
    const characters = await lanegrad("train", "--data", at("text.txt"), ...small, "--vocab-size", "300");
    expect(characters).toMatchObject({
      code: 2,
      err: expect.stringContaining("wanted --tokenizer bpe with it"),
    });
    expect((await train("--tokenizer", "words")).code).toBe(2);
    expect(existsSync(at("run"))).toBe(false);
  });

  it("refuses a checkpoint whose tokenizer is gone or another's", async () => {
    await train("--vocab-size", "300", "--steps", "1");
    const file = at("run", "step-000001", "tokenizer.json");
    const info = () => lanegrad("info", "--model", at("run"));
    const json = JSON.parse(readFileSync(file, "utf8"));
    json.added_tokens[0].id = 300;
    writeFileSync(file, JSON.stringify(json));
    expect((await info()).err).toMatch(/tokenizer: 300 tokens, as the model has\n$/);
    writeFileSync(file, "{}");
    expect((await info()).err).toContain("tokenizer.json: ");
    rmSync(file);
    expect((await info()).err).toContain("tokenizer.json: checkpoint: the file is missing");
  });
});

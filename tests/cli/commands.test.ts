import { writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { zipFiles } from "../../src/io/zipFiles.ts";
import { readCheckpoint } from "../../src/platform/checkpointFolder.ts";
import { aText, jsonOf, lanegrad, small, testFolder } from "../support/commandLine.ts";

const at = testFolder();
beforeEach(async () => {
  await lanegrad("train", "--data", at("text.txt"), ...small, "--steps", "20", "--out", at("run"));
});
const generate = (...options: string[]) => lanegrad("generate", "--model", at("run"), ...options);

describe("lanegrad generate", () => {
  it("prints the prompt and as many characters as asked for", async () => {
    const { code, out, err } = await generate("--prompt", "line", "--tokens", "30", "--seed", "1");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.startsWith("line")).toBe(true);
    expect(out).toHaveLength(4 + 30 + 1);
  });

  it("begins at the start of a line where no prompt is given", async () => {
    const outcome = await generate("--tokens", "3", "--json");
    expect(jsonOf(outcome)).toMatchObject({ prompt: "\n", tokens: 3, checkpoint: at("run", "step-000020") });
  });

  it("gives the same text for the same seed, and says which seed it drew", async () => {
    const drawn = await generate("--tokens", "40", "--json");
    const { seed, text } = jsonOf(drawn);
    const again = await generate("--tokens", "40", "--json", "--seed", String(seed));
    expect(jsonOf(again).text).toBe(text);
    expect(jsonOf(await generate("--tokens", "40", "--json", "--seed", "1")).text).not.toBe(text);
  });

  it("reads one file that holds a checkpoint", async () => {
    writeFileSync(at("checkpoint.zip"), zipFiles(readCheckpoint(at("run", "step-000020"))));
    const options = ["--tokens", "20", "--seed", "3", "--json"];
    const zip = jsonOf(await lanegrad("generate", "--model", at("checkpoint.zip"), ...options));
    expect(zip.checkpoint).toBe(at("checkpoint.zip"));
    expect(zip.text).toBe(jsonOf(await generate(...options)).text);
  });

  it("takes the likeliest at temperature 0 as with one choice", async () => {
    const coldest = jsonOf(await generate("--tokens", "25", "--temperature", "0", "--json")).text;
    expect(jsonOf(await generate("--tokens", "25", "--top-k", "1", "--json")).text).toBe(coldest);
    expect(jsonOf(await generate("--tokens", "25", "--top-k", "99999", "--json")).text).toHaveLength(25);
  });

  it("refuses prompts that the model cannot read", async () => {
    const unknown = await generate("--prompt", "Ω");
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("U+03A9") });
    const empty = await generate("--prompt", "");
    expect(empty).toMatchObject({ code: 2, err: expect.stringContaining("at least one token") });
  });
});

describe("lanegrad eval", () => {
  const evaluate = (...options: string[]) => lanegrad("eval", "--model", at("run"), ...options);

  it("is the mean over all full windows that do not overlap", async () => {
    const outcome = await evaluate("--data", at("text.txt"), "--json");
    const { loss, perplexity, bitsPerCharacter, windows } = jsonOf(outcome);
    expect(windows).toBe(Math.floor((aText().length - 1) / 8));
    expect(perplexity).toBeCloseTo(Math.exp(loss), 10);
    expect(bitsPerCharacter).toBeCloseTo(loss / Math.LN2, 10);
    expect(loss).toBeLessThan(Math.log(24) + 0.1);
    expect(outcome.out).toContain(`loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(3)}`);
  });

  it("refuses characters that the training text lacked, and texts too short", async () => {
    writeFileSync(at("other.txt"), `${aText().slice(0, 50)}é`);
    const unknown = await evaluate("--data", at("other.txt"));
    expect(unknown).toMatchObject({ code: 2, out: "" });
    expect(unknown.err).toMatch(/^lanegrad: .* at position 50, which U\+00E9 is not, got "é"\n$/);
    writeFileSync(at("short.txt"), "line 0");
    expect(await evaluate("--data", at("short.txt"))).toMatchObject({ code: 2 });
  });
});

describe("lanegrad info", () => {
  it("says what a checkpoint holds", async () => {
    const outcome = await lanegrad("info", "--model", at("run"), "--json");
    expect(outcome.code).toBe(0);
    expect(outcome.out).toMatch(/\nstep +20 of 20\n/);
    expect(outcome.out).toMatch(/\nbest +validation loss \d\.\d{4} at step 20\n/);
    expect(jsonOf(outcome)).toMatchObject({
      step: 20,
      config: { layers: 1, heads: 2, width: 8, contextLength: 8, vocabSize: 24 },
      settings: { seed: 7, batch: 2, corpus: { name: at("text.txt") } },
    });
    const names = jsonOf(outcome).tensors.map(({ name }: { name: string }) => name);
    expect(names).toContain("blocks.0.attention.queryKeyValue.weight");
  });

  it("takes one step folder too", async () => {
    const outcome = await lanegrad("info", "--model", at("run", "step-000020"));
    expect(outcome.code).toBe(0);
  });
});

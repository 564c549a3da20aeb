import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { jsonOf, lanegrad } from "../support/commandLine.ts";

/** nanoGPT's own program with PyTorch reaches 1.913 and 1.898, measured over all windows in two runs. */
const GOAL = 1.93;
const HOUR = 3_600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lanegrad-data-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function dataFile(name: string): string {
  const data = process.env.LANEGRAD_DATA;
  if (!data) throw new Error(`LANEGRAD_DATA must name the folder that holds ${name}`);
  const path = join(data, name);
  if (!existsSync(path)) throw new Error(`LANEGRAD_DATA: there is no ${path}`);
  return path;
}

it(`learns Shakespeare to a validation loss of ${GOAL} in 2,000 steps`, { timeout: HOUR }, async () => {
  const file = dataFile("tinyshakespeare.txt");
  const run = join(folder, "run");
  const options = ["--steps", "2000", "--eval-every", "500", "--seed", "1337"];
  const trained = await lanegrad("train", "--data", file, "--out", run, ...options);
  expect(trained).toMatchObject({ code: 0, err: "" });

  const characters = [...readFileSync(file, "utf8")];
  const rest = join(folder, "validation.txt");
  writeFileSync(rest, characters.slice(Math.floor(characters.length * 0.9)).join(""));
  const { loss, windows, bitsPerCharacter } = jsonOf(
    await lanegrad("eval", "--model", run, "--data", rest, "--json"),
  );
  console.log(
    `validation loss ${loss.toFixed(4)}, ${bitsPerCharacter.toFixed(4)} bits per character, ${windows} windows`,
  );
  expect(windows).toBe(Math.floor((Math.ceil(characters.length * 0.1) - 1) / 64));
  expect(loss).toBeLessThanOrEqual(GOAL);

  const inBytes = jsonOf(await lanegrad("eval", "--model", run, "--data", rest, "--int8", "--json"));
  console.log(`perplexity ${Math.exp(loss)}, with weights of 8 bits ${inBytes.perplexity}`);
  expect(inBytes.loss).not.toBe(loss);
  expect(inBytes.perplexity / Math.exp(loss)).toBeLessThan(1.01);
});

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lanegrad, small, testFolder } from "../support/commandLine.ts";

const at = testFolder();

/** Exit code 2 and one line on standard error, nothing else. */
async function expectRefusal(commandLine: readonly string[], message: string): Promise<void> {
  const { code, out, err } = await lanegrad(...commandLine);
  expect({ code, out }, commandLine.join(" ")).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^lanegrad: .*\n$/);
  expect(err).toContain(message);
}

describe("lanegrad", () => {
  it.each<[string, string]>([
    ["train --bogus", "unknown option '--bogus'"],
    ["train --layer 2", "unknown option '--layer' (Did you mean --layers?)"],
    ["trian", "unknown command 'trian' (Did you mean train?)"],
    ["train here", "too many arguments"],
    ["train --layers", "option '--layers <n>' argument missing"],
    ["train --layers 0", "Wanted a whole number from 1 on."],
    ["train --layers 1.5", "Wanted a whole number from 1 on."],
    ["train --layers many", "Wanted a whole number from 1 on."],
    ["train --steps 1e999", "Wanted a whole number from 1 on."],
    ["train --seed -1", "Wanted a whole number from 0 on."],
    ["train --split 1", "Wanted a number between 0 and 1, ends excluded."],
    ["train --split 0", "Wanted a number between 0 and 1, ends excluded."],
    ["generate --model x --temperature -1", "Wanted a number from 0 to 100."],
    ["generate --model x --temperature cold", "Wanted a number from 0 to 100."],
    ["generate --model x --top-k 0", "Wanted a whole number from 1 on."],
    ["generate", "required option '--model <path>' not specified"],
    ["eval", "required option '--model <path>' not specified"],
    ["info", "required option '--model <path>' not specified"],
    ["convert --model x", "required option '--out <folder>' not specified"],
    ["convert --model x --out y --to z", "Allowed choices are huggingface, checkpoint."],
    ["info --model nowhere", 'wanted a folder at nowhere, got "nothing"'],
    ["train --resume nowhere", 'wanted a folder at nowhere, got "nothing"'],
    ["train --data nowhere.txt", "nowhere.txt (ENOENT)"],
  ])("refuses %s", async (commandLine, message) => {
    await expectRefusal(commandLine.split(" "), message);
  });

  it("refuses in one line whatever an option holds", async () => {
    await expectRefusal(["train", "--layers", "1\n2"], "argument '1 2' is invalid");
    await expectRefusal(["train", "--layers", ""], "argument '' is invalid");
    await expectRefusal(["train", "--data", at("a\nb")], "ENOENT");
  });

  it("refuses files and folders that do not serve", async () => {
    writeFileSync(at("empty.txt"), "");
    writeFileSync(at("short.txt"), "short");
    writeFileSync(at("broken.txt"), Uint8Array.of(0x61, 0xc3, 0x28));
    const train = (...options: string[]) => ["train", ...small, ...options];
    const text = ["--data", at("text.txt")];
    await expectRefusal(train("--data", at()), "(EISDIR)");
    await expectRefusal(train("--data", at("empty.txt")), "a text that is not empty");
    await expectRefusal(train("--data", at("short.txt")), "more than the 8 tokens of --context, got 5");
    await expectRefusal(train(...text, "--split", "0.999"), "of --context in the validation part (--split)");
    await expectRefusal(train(...text, "--split", "0.001"), "of --context in the training part (--split)");
    await expectRefusal(train("--data", at("broken.txt")), "byte 1: not valid UTF-8");
    await expectRefusal(train(...text, "--out", at("text.txt")), 'got "a file"');
    await expectRefusal(train(...text, "--out", at("text.txt", "below")), '"a file in its place"');
    await expectRefusal(["info", "--model", at()], "a complete checkpoint");
    await expectRefusal(["info", "--model", at("text.txt")], "does not begin as safetensors, npz or GGUF");
  });

  it("refuses numbers that do not go together, or do not fit into memory", async () => {
    const train = (...options: string[]) => ["train", "--data", at("text.txt"), ...small, ...options];
    await expectRefusal(train("--heads", "3"), "a multiple of 3 heads, got 8");
    await expectRefusal(train("--steps", "10", "--stop-at", "11"), "a step from 0 to 10, got 11");
    await expectRefusal(train("--batch", "1000000000"), "out of memory: training a model of this size");
    await expectRefusal(train("--layers", "10000000"), "out of memory");
  });

  it.each(["--help", "train --help", "generate --help", "eval --help", "info --help", "help train"])(
    "helps with %s",
    async (commandLine) => {
      const { code, out, err } = await lanegrad(...commandLine.split(" "));
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/^Usage: lanegrad/);
    },
  );

  it("names every option of training in its help", async () => {
    const { out } = await lanegrad("train", "--help");
    const options =
      "data out resume layers heads width context batch steps stop-at eval-every seed split json";
    for (const option of options.split(" ")) expect(out).toContain(`--${option}`);
  });

  it("shows its help where no command is given", async () => {
    const { code, err } = await lanegrad();
    expect(code).toBe(2);
    expect(err).toContain("Commands:");
  });
});

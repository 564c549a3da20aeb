import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { jsonOf, lanegrad, small, testFolder } from "../support/commandLine.ts";

const at = testFolder();
const begin = (run: string, ...options: string[]) =>
  lanegrad("train", "--data", at("text.txt"), ...small, "--eval-every", "2", "--out", at(run), ...options);
const resume = (folder: string, ...options: string[]) => lanegrad("train", "--resume", folder, ...options);
const bytes = (run: string, step: string, file: string) =>
  readFileSync(at(run, `step-${step}`, `${file}.safetensors`));
const recordedSteps = (run: string) =>
  [...readFileSync(at(run, "metrics.jsonl"), "utf8").matchAll(/"step":(\d+)/g)].map(([, step]) =>
    Number(step),
  );

function expectSame(one: string, other: string, step: string): void {
  for (const file of ["model", "optimizer"]) {
    expect(bytes(one, step, file).equals(bytes(other, step, file)), `${file} of ${other}`).toBe(true);
  }
}

describe("--resume", () => {
  it("goes on with the same bits as a run without a stop", async () => {
    await begin("whole", "--steps", "12");
    await begin("parts", "--steps", "12", "--stop-at", "5");
    const { code, out, err } = await resume(at("parts"), "--stop-at", "8");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("steps 5 to 8");
    expect(out).toMatch(/go on with: .*parts\n/);
    await resume(at("parts"));
    expectSame("whole", "parts", "000012");
    expect(recordedSteps("parts")).toEqual([2, 4, 5, 6, 8, 10, 12]);
  });

  it("shows the curve of the whole run", async () => {
    await begin("run", "--steps", "40", "--stop-at", "20");
    const { out } = await resume(at("run"));
    expect(out).toMatch(/└.*\n +10 +20 +30 +40\n/);
  });

  it("goes on from an older step in the same run, and drops the metrics of what came after it", async () => {
    await begin("whole", "--steps", "8");
    await begin("run", "--steps", "8");
    const { code } = await resume(at("run", "step-000004"), "--stop-at", "5");
    expect(code).toBe(0);
    expect(recordedSteps("run")).toEqual([2, 4, 5]);
    expect(existsSync(at("run", "step-000008"))).toBe(true);
    await resume(at("run", "step-000005"));
    expect(recordedSteps("run")).toEqual([2, 4, 5, 6, 8]);
    expectSame("whole", "run", "000008");
  });

  it("names the step to go on from where the folder holds later ones", async () => {
    await begin("run", "--steps", "8");
    const { out } = await resume(at("run", "step-000004"), "--stop-at", "5");
    expect(out).toMatch(/go on with: .*step-000005\n/);
  });

  it("has nothing to do and writes nothing where the run is complete", async () => {
    await begin("run", "--steps", "4");
    const before = readdirSync(at("run"));
    const outcome = await resume(at("run"), "--json");
    expect(outcome.code).toBe(0);
    expect(jsonOf(outcome)).toMatchObject({ step: 4, checkpoint: at("run", "step-000004") });
    expect(readdirSync(at("run"))).toEqual(before);
  });

  it("takes options only where they repeat the run's own", async () => {
    await begin("run", "--steps", "4", "--stop-at", "2");
    const others: [string, string][] = [
      ["--steps", "5"],
      ["--layers", "2"],
      ["--heads", "1"],
      ["--width", "16"],
      ["--context", "4"],
      ["--batch", "3"],
      ["--eval-every", "5"],
      ["--seed", "8"],
      ["--split", "0.5"],
      ["--out", at("other")],
      ["--stop-at", "1"],
      ["--stop-at", "5"],
    ];
    for (const [option, value] of others) {
      const { code, out, err } = await resume(at("run"), option, value);
      expect({ code, out }, option).toEqual({ code: 2, out: "" });
      expect(err).toMatch(new RegExp(`^lanegrad: ${option}: wanted .*\n$`));
    }
    expect((await resume(at("run"), "--steps", "5")).err).toContain("the learning rate follows from");
    const same = [
      ...small,
      "--steps",
      "4",
      "--eval-every",
      "2",
      "--out",
      at("run"),
      "--data",
      at("text.txt"),
    ];
    expect((await resume(at("run"), ...same)).code).toBe(0);
  });

  it("knows its text by its content, wherever the file lies now", async () => {
    await begin("run", "--steps", "4", "--stop-at", "2");
    writeFileSync(at("other.txt"), "something else ".repeat(99));
    const refused = await resume(at("run"), "--data", at("other.txt"));
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(`wanted the text that the run began with (${at("text.txt")}`);
    cpSync(at("text.txt"), at("moved.txt"));
    rmSync(at("text.txt"));
    const missing = await resume(at("run"));
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("(ENOENT)") });
    expect((await resume(at("run"), "--data", at("moved.txt"))).code).toBe(0);
  });

  it("warns of another build of the kernels and goes on", async () => {
    await begin("run", "--steps", "4", "--stop-at", "2");
    const file = at("run", "step-000002", "trainer.json");
    const trainer = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...trainer, kernelBuild: "abacus" }));
    const { code, err } = await resume(at("run"));
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: the run began with abacus kernels and goes on with .*\n$/);
  });

  it("starts at step 0 where a run folder has no complete checkpoint, and says so", async () => {
    mkdirSync(at("run", "step-000003"), { recursive: true });
    writeFileSync(at("run", "metrics.jsonl"), '{"step":3,"trainLoss":1}\n{"st');
    const options = ["--data", at("text.txt"), ...small, "--steps", "2"];
    const refused = await resume(at("run"), ...options, "--out", at("elsewhere"));
    expect(refused.code).toBe(2);
    const { code, err, out } = await resume(at("run"), ...options);
    expect(code).toBe(0);
    expect(err).toBe(`${at("run")} holds no complete checkpoint: starting at step 0\n`);
    expect(out).toContain("steps 0 to 2");
    expect(recordedSteps("run")).toEqual([2]);
    await begin("fresh", "--steps", "2");
    expectSame("fresh", "run", "000002");
  });

  it("refuses a step folder that is not complete", async () => {
    await begin("run", "--steps", "2");
    rmSync(at("run", "step-000002", "trainer.json"));
    const { code, err } = await resume(at("run", "step-000002"));
    expect(code).toBe(2);
    expect(err).toMatch(/^lanegrad: checkpoint: wanted a run or step folder with a complete checkpoint.*\n$/);
  });

  it("refuses a trainer.json that somebody broke", async () => {
    await begin("run", "--steps", "4", "--stop-at", "2");
    const file = at("run", "step-000002", "trainer.json");
    const trainer = JSON.parse(readFileSync(file, "utf8"));
    const changes: [string, unknown][] = [
      ["seed", 1.5],
      ["schedule", { name: "constant", options: { rate: 1 } }],
      ["schedule", null],
      ["batch", 0],
      ["split", 1],
      ["beta2", "0.99"],
      ["weightDecay", -1],
      ["clipNorm", 0],
      ["evalEvery", undefined],
      ["corpus", { name: "text.txt" }],
      ["tokenizer", { kind: "character", characters: "abc" }],
    ];
    for (const [field, value] of changes) {
      writeFileSync(file, JSON.stringify({ ...trainer, [field]: value }));
      const { code, err } = await resume(at("run"));
      expect(code, `${field} ${value}`).toBe(2);
      expect(err).toMatch(new RegExp(`^lanegrad: .*: ${field}: .*\n$`));
    }
  });
});

describe("--out", () => {
  it("is refused where it holds a run", async () => {
    await begin("run", "--steps", "2");
    const { code, err } = await begin("run", "--steps", "2");
    expect(code).toBe(2);
    expect(err).toContain(`a folder without a run, or --resume ${at("run")}`);
  });

  it("is not made where the command is refused", async () => {
    await begin("run", "--heads", "3");
    expect(existsSync(at("run"))).toBe(false);
  });
});

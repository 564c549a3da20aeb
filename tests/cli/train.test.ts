import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { aText, jsonOf, lanegrad, small, testFolder } from "../support/commandLine.ts";

const at = testFolder();
const train = (...options: string[]) => lanegrad("train", "--data", at("text.txt"), ...small, ...options);
const stepsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith("step-"))
    .sort();
const metricsOf = (folder: string) =>
  readFileSync(join(folder, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("lanegrad train", () => {
  it("shows the run, its losses, their curve, a sample and where the checkpoint lies", async () => {
    const { code, out, err } = await train("--steps", "20", "--eval-every", "10", "--out", at("run"));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^model {3}[\d,]+ parameters: 1 layers, 2 heads, width 8, context 8\n/);
    expect(out).toMatch(/\ncorpus {2}text\.txt, [\d,]+ characters, 24 different ones\n/);
    expect(out).toMatch(/\nrun {5}steps 0 to 20, batch 2, seed 7, (plain|relaxed) kernels\n/);
    const line =
      /step 10\/20 {2}train loss \d\.\d{4} {2}validation loss \d\.\d{4} {2}\d+ tokens\/s {2}0:\d\d left\n/;
    expect(out).toMatch(line);
    expect(out).toContain("\nstep 20/20  ");
    expect(out).toContain("loss in training ━, in validation ●; by step\n");
    expect(out).toMatch(/\n--- sample ---\n[\s\S]{300}\n--------------\n/);
    expect(out).toMatch(/\ncheckpoint: .*step-000020\n$/);
    for (const shown of out.split("\n")) expect(shown.length).toBeLessThanOrEqual(80);
  });

  it("learns", async () => {
    await train("--steps", "300", "--eval-every", "100", "--out", at("run"));
    const losses = metricsOf(at("run")).map(({ validationLoss }) => validationLoss);
    expect(losses[0]).toBeLessThan(Math.log(24));
    expect(losses[2]).toBeLessThan(losses[0] - 0.1);
  });

  it("records every evaluation", async () => {
    await train("--steps", "7", "--eval-every", "3", "--out", at("run"));
    const metrics = metricsOf(at("run"));
    expect(metrics.map(({ step }) => step)).toEqual([3, 6, 7]);
    for (const record of metrics) {
      expect(Object.keys(record)).toEqual([
        "step",
        "trainLoss",
        "validationLoss",
        "learningRate",
        "tokensPerSecond",
      ]);
      for (const value of Object.values(record)) expect(value).toBeGreaterThan(0);
    }
  });

  it("saves what it takes to go on", async () => {
    await train("--steps", "4", "--out", at("run"));
    const folder = at("run", "step-000004");
    expect(readdirSync(folder).sort()).toEqual([
      "config.json",
      "model.safetensors",
      "optimizer.safetensors",
      "trainer.json",
    ]);
    expect(JSON.parse(readFileSync(join(folder, "trainer.json"), "utf8"))).toMatchObject({
      step: 4,
      seed: 7,
      schedule: { name: "cosine", options: { peak: 1e-3, minimum: 1e-4, steps: 4, warmup: 0 } },
      batch: 2,
      split: 0.9,
      beta2: 0.99,
      weightDecay: 0.1,
      clipNorm: 1,
      evalEvery: 100,
      corpus: { name: at("text.txt"), hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      best: { step: 4 },
      kernelBuild: expect.stringMatching(/plain|relaxed/),
      tokenizer: { kind: "character", characters: [...new Set(aText())].sort().join("") },
    });
  });

  it("keeps the last checkpoints and the best", async () => {
    const outcome = await train("--steps", "8", "--eval-every", "1", "--out", at("run"), "--json");
    const steps = stepsIn(at("run"));
    expect(steps.slice(-3)).toEqual(["step-000006", "step-000007", "step-000008"]);
    const metrics = metricsOf(at("run"));
    const lowest = Math.min(...metrics.map(({ validationLoss }) => validationLoss));
    const best = metrics.find(({ validationLoss }) => validationLoss === lowest);
    expect(steps).toContain(`step-00000${best.step}`);
    expect(steps.length).toBeLessThanOrEqual(4);
    expect(jsonOf(outcome)).toMatchObject({ ...metrics.at(-1), checkpoint: at("run", "step-000008") });
    expect(jsonOf(outcome).sample).toHaveLength(300);
  });

  it("draws a seed where none is given, and gives the same model for the same one", async () => {
    const weights = (run: string) => readFileSync(at(run, "step-000002", "model.safetensors"));
    const options = ["train", "--data", at("text.txt"), "--steps", "2", ...small.slice(0, -2)];
    for (const [run, ...seed] of [["a"], ["b"], ["c", "--seed", "1"], ["d", "--seed", "1"]]) {
      await lanegrad(...options, ...seed, "--out", at(run!));
    }
    expect(weights("a")).not.toEqual(weights("b"));
    expect(weights("c")).toEqual(weights("d"));
  });

  it("stops before a step of 0 too", async () => {
    const { code, out } = await train("--steps", "5", "--stop-at", "0", "--out", at("run"));
    expect(code).toBe(0);
    expect(out).not.toContain("loss in training");
    expect(stepsIn(at("run"))).toEqual(["step-000000"]);
  });

  it("stops with an error where the loss is not finite, and the last checkpoint stays", async () => {
    await train("--steps", "9", "--stop-at", "3", "--out", at("run"));
    const file = at("run", "step-000003", "model.safetensors");
    const { tensors } = readSafetensors(readFileSync(file));
    const huge = Object.entries(tensors).map(([name, array]) => {
      return [name, { ...array, data: (array.data as Float32Array).map(() => 1e38) }];
    });
    writeFileSync(file, writeSafetensors(Object.fromEntries(huge)));
    const { code, err } = await lanegrad("train", "--resume", at("run"));
    expect(code).toBe(1);
    expect(err).toMatch(
      /^lanegrad: training stopped: step 4: the loss is .*; the last checkpoint stays: .*step-000003\n$/,
    );
    expect(stepsIn(at("run"))).toEqual(["step-000003"]);
    const evaluated = await lanegrad("eval", "--model", at("run"), "--data", at("text.txt"));
    expect(evaluated).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/the loss is .*\n$/) });
  });

  it("finishes the step on Ctrl-C, saves, and says how to go on", async () => {
    const running = train("--steps", "100000", "--eval-every", "100000", "--out", at("run"), "--json");
    setTimeout(() => process.emit("SIGINT"), 200);
    const { code, out } = await running;
    expect(code).toBe(130);
    const [, step] = /stopped after step (\d+), saved in /.exec(out)!;
    expect(out).toMatch(/\ngo on with: .* --resume \S+\n/);
    expect(out).not.toContain("--- sample ---");
    expect(stepsIn(at("run"))).toEqual([`step-${step!.padStart(6, "0")}`]);
    expect(process.listenerCount("SIGINT")).toBe(0);
  });
});

describe("a text in any script", () => {
  const poem = "人之初,性本善。性相近,习相远。🙂🙃 苟不教\u{20000}";
  const at = testFolder(poem.repeat(40));

  it("trains and samples", async () => {
    const options = ["--data", at("text.txt"), ...small, "--steps", "3", "--out", at("run"), "--json"];
    const trained = await lanegrad("train", ...options);
    expect(trained.code).toBe(0);
    const symbols = new Set(poem);
    expect(trained.out).toContain(`${symbols.size} different ones`);
    const { sample } = jsonOf(trained);
    expect([...sample]).toHaveLength(300);
    for (const character of sample) expect(symbols).toContain(character);
    const generated = await lanegrad(
      "generate",
      "--model",
      at("run"),
      "--prompt",
      "🙂",
      "--tokens",
      "50",
      "--json",
    );
    const { prompt, text } = jsonOf(generated);
    expect(prompt).toBe("🙂");
    expect([...text]).toHaveLength(50);
    expect(generated.out.startsWith(`🙂${text}\n`)).toBe(true);
  });
});

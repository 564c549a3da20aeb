import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rolldown } from "rolldown";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import {
  appendMetrics,
  findCheckpoint,
  latestCheckpoint,
  openRunFolder,
  readCheckpoint,
  saveCheckpoint,
} from "../../src/platform/checkpointFolder.ts";

/**
 * What was asked of the file system, and how many calls it still answers: after them every call fails, as if
 * the process had been killed. Flushing is only noted, since it is slow and shows itself only when the power
 * fails.
 */
const disk = vi.hoisted(() => ({ calls: [] as string[], lifetime: Number.POSITIVE_INFINITY }));

class Killed extends Error {}

vi.mock("node:fs", async (importOriginal) => {
  const original = await importOriginal<Record<string, unknown>>();
  const mortal = Object.entries(original).map(([name, value]) => {
    if (typeof value !== "function" || !name.endsWith("Sync")) return [name, value];
    const call = (...given: unknown[]) => {
      if (disk.calls.push(name) > disk.lifetime) throw new Killed();
      return name === "fsyncSync" ? undefined : value(...given);
    };
    return [name, call];
  });
  return { ...Object.fromEntries(mortal), default: original.default };
});

let folder: string;
let run: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "lanegrad-checkpoint-"));
  run = join(folder, "run");
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** The files of a step; each holds its step and version, so that a mixture would show. */
function filesOf(step: number, version = 0): Record<string, Uint8Array> {
  const bytes = new TextEncoder().encode(`${step} ${version}`.repeat(100));
  const names = ["config.json", "model.safetensors", "optimizer.safetensors", "trainer.json"];
  return Object.fromEntries(names.map((name) => [name, bytes]));
}

const save = (step: number, options: { keep?: number; best?: number; version?: number } = {}) => {
  const { keep = 3, version = 0, ...rest } = options;
  return saveCheckpoint(run, step, filesOf(step, version), { keep, ...rest });
};

const names = () => fs.readdirSync(run).sort();

/** Reads the newest checkpoint, checks that it is whole, and says which step it is. */
function newestStep(): number {
  const path = latestCheckpoint(run);
  const step = Number(/step-(\d+)$/.exec(path)![1]);
  expect({ ...readCheckpoint(path) }).toEqual(filesOf(step));
  return step;
}

describe("saveCheckpoint", () => {
  it("makes a step folder that reads back", () => {
    expect(save(100)).toBe(join(run, "step-000100"));
    expect(names()).toEqual(["step-000100"]);
    expect({ ...readCheckpoint(latestCheckpoint(run)) }).toEqual(filesOf(100));
  });

  it("flushes four files and their folder before the rename, and the run's folder after it", () => {
    disk.calls.length = 0;
    save(100);
    const flushesAndRenames = disk.calls.filter((call) => call === "fsyncSync" || call === "renameSync");
    expect(flushesAndRenames).toEqual([...Array(5).fill("fsyncSync"), "renameSync", "fsyncSync"]);
  });

  it("keeps the last few and the best", () => {
    for (const step of [100, 200, 300, 400, 500]) save(step, { keep: 2, best: Math.min(step, 200) });
    expect(names()).toEqual(["step-000200", "step-000400", "step-000500"]);
  });

  it("keeps the one just written, also where a run goes on from an earlier step", () => {
    for (const step of [300, 400]) save(step, { keep: 1 });
    save(200, { keep: 1 });
    expect(names()).toEqual(["step-000200", "step-000400"]);
  });

  it("leaves a step alone that is there with the same bytes, and never writes over another", () => {
    const first = save(100);
    expect(save(100)).toBe(first);
    expect(save(100, { version: 1 })).toBe(`${first}-2`);
    expect(save(100, { version: 2 })).toBe(`${first}-3`);
    expect(save(100, { version: 1 })).toBe(`${first}-2`);
    expect(latestCheckpoint(run)).toBe(`${first}-3`);
    expect({ ...readCheckpoint(first) }).toEqual(filesOf(100));
  });

  it("does not take an incomplete folder's name, nor count it", () => {
    fs.mkdirSync(join(run, "step-000100"), { recursive: true });
    expect(save(100, { keep: 1 })).toBe(join(run, "step-000100-2"));
    expect(names()).toEqual(["step-000100", "step-000100-2"]);
  });

  it("sorts steps beyond a million as numbers", () => {
    save(999_999);
    save(1_000_000);
    expect(latestCheckpoint(run)).toBe(join(run, "step-1000000"));
  });

  it("refuses what no reader would find or what leaves the folder", () => {
    const { "trainer.json": _, ...incomplete } = filesOf(1);
    expect(() => saveCheckpoint(run, 1, incomplete, { keep: 1 })).toThrow("wanted the file trainer.json");
    const escaping = { ...filesOf(1), "../x": new Uint8Array(1) };
    expect(() => saveCheckpoint(run, 1, escaping, { keep: 1 })).toThrow('got "../x"');
    expect(() => save(-1)).toThrow(ArgumentError);
    expect(() => save(1, { keep: 0 })).toThrow(ArgumentError);
    expect(fs.existsSync(run)).toBe(false);
  });

  it("says in one line that a folder cannot be written, for root too", () => {
    fs.writeFileSync(run, "a file");
    for (const path of [run, join(run, "below")]) {
      const write = [
        () => openRunFolder(path),
        () => saveCheckpoint(path, 1, filesOf(1), { keep: 1 }),
        () => appendMetrics(path, {}),
      ];
      for (const action of write) {
        expect(action).toThrow(ArgumentError);
        expect(action).toThrow(
          new RegExp(
            `^checkpoint: wanted a folder that can be written at ${path}, got "a file in its place"$`,
          ),
        );
      }
    }
  });
});

describe("openRunFolder", () => {
  it("makes the folder and leaves nothing in it", () => {
    openRunFolder(run);
    openRunFolder(run);
    expect(names()).toEqual([]);
  });
});

describe("findCheckpoint", () => {
  it("takes a run folder or a step folder", () => {
    const early = save(100);
    const late = save(200);
    expect(findCheckpoint(run)).toBe(late);
    expect(findCheckpoint(`${run}/`)).toBe(late);
    expect(findCheckpoint(early)).toBe(early);
  });

  it("passes over what is temporary, incomplete or something else", () => {
    const good = save(100);
    fs.cpSync(good, join(run, ".tmp-abcdef"), { recursive: true });
    fs.cpSync(good, join(run, "step-000300"), { recursive: true });
    fs.rmSync(join(run, "step-000300", "trainer.json"));
    fs.cpSync(good, join(run, "step-latest"), { recursive: true });
    fs.writeFileSync(join(run, "step-000900"), "a file");
    expect(findCheckpoint(run)).toBe(good);
  });

  it("is null where a run has none yet, and an error for those who need one", () => {
    openRunFolder(run);
    expect(findCheckpoint(run)).toBeNull();
    expect(() => latestCheckpoint(run)).toThrow(ArgumentError);
    expect(() => latestCheckpoint(run)).toThrow(/^checkpoint: wanted a run or step folder with a complete/);
  });

  it("refuses what is no folder", () => {
    expect(() => findCheckpoint(run)).toThrow(`checkpoint: wanted a folder at ${run}, got "nothing"`);
    fs.writeFileSync(run, "");
    expect(() => findCheckpoint(run)).toThrow(`checkpoint: wanted a folder at ${run}, got "a file"`);
  });
});

describe("readCheckpoint", () => {
  it("refuses a step folder that lacks a file", () => {
    const path = save(100);
    fs.rmSync(join(path, "model.safetensors"));
    expect(() => readCheckpoint(path)).toThrow(`wanted model.safetensors in ${path}`);
  });
});

describe("appendMetrics", () => {
  const lines = () => fs.readFileSync(join(run, "metrics.jsonl"), "utf8");

  it("adds a line for each record", () => {
    appendMetrics(run, { step: 1, trainLoss: 2.5 });
    appendMetrics(run, { step: 2, trainLoss: 2.25 });
    expect(lines()).toBe('{"step":1,"trainLoss":2.5}\n{"step":2,"trainLoss":2.25}\n');
  });

  it.each([
    ['{"step":1}\n{"st', '{"step":1}\n{"step":2}\n'],
    ['{"st', '{"step":2}\n'],
  ])("cuts off what a killed process left: %j", (left, whole) => {
    openRunFolder(run);
    fs.writeFileSync(join(run, "metrics.jsonl"), left);
    appendMetrics(run, { step: 2 });
    expect(lines()).toBe(whole);
  });
});

describe("a process killed at any instant", () => {
  it("leaves a readable newest checkpoint, whichever call was its last", () => {
    let survived = false;
    for (let calls = 0; !survived; calls++) {
      run = join(folder, `run-${calls}`);
      for (const step of [1, 2, 3]) save(step);
      try {
        disk.calls.length = 0;
        disk.lifetime = calls;
        save(4, { keep: 1 });
        survived = true;
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
      } finally {
        disk.lifetime = Number.POSITIVE_INFINITY;
      }
      expect(newestStep()).toBeGreaterThanOrEqual(survived ? 4 : 3);
      save(5, { keep: 1 });
      expect(newestStep()).toBe(5);
      expect(names()).toEqual(["step-000005"]);
    }
  });

  it("leaves one that is no older than the last save that returned, killed for real", async () => {
    const program = join(folder, "saving.mjs");
    await writeSavingProgram(program);
    let next = 1;
    for (let round = 0; round < 6; round++) {
      const reported = await saveUntilKilled(program, next);
      const newest = newestStep();
      expect(newest).toBeGreaterThanOrEqual(reported);
      expect(names().filter((name) => name.startsWith("step-")).length).toBeLessThanOrEqual(3);
      next = newest + 1;
    }
  });
});

/** A program that saves steps from its argument on until it is killed, and prints each when it is saved. */
async function writeSavingProgram(path: string): Promise<void> {
  const source = join(import.meta.dirname, "../../src/platform/checkpointFolder.ts");
  const entry = join(folder, "entry.ts");
  fs.writeFileSync(
    entry,
    `import { writeSync } from "node:fs";
     import { saveCheckpoint } from ${JSON.stringify(source)};
     ${filesOf.toString()}
     for (let step = Number(process.argv[3]); ; step++) {
       saveCheckpoint(process.argv[2], step, filesOf(step), { keep: 2 });
       writeSync(1, step + "\\n");
     }`,
  );
  const bundle = await rolldown({ input: entry, platform: "node", logLevel: "silent" });
  await bundle.write({ file: path, format: "esm" });
  await bundle.close();
}

/** Runs the program, kills it some milliseconds after its first save, and gives the last step it printed. */
async function saveUntilKilled(program: string, from: number): Promise<number> {
  const child = spawn(process.execPath, [program, run, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const ended = new Promise((end) => child.on("close", end));
  const started = new Promise((first) => child.stdout.on("data", first));
  child.stdout.on("data", (text) => {
    output += text;
  });
  await Promise.race([started, ended]);
  await sleep(randomInt(40));
  child.kill("SIGKILL");
  await ended;
  expect(child.signalCode).toBe("SIGKILL");
  return Number(output.trim().split("\n").at(-1));
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import { rolldown } from "rolldown";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { JobError, NonFiniteError } from "../../src/errors.ts";
import { readCheckpoint } from "../../src/train/checkpoint.ts";
import { type Connection, connect, type Job } from "../../src/worker/index.ts";
import { listed } from "./support/together.ts";
import type { TrainingOptions } from "./support/trainingJob.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lanegrad-worker-"));
const file = join(folder, "job.mjs");
const tokens = Int32Array.from({ length: 200 }, (_, i) => (i * i) % 11);

/** As a user's bundler would make it: Node 20 reads no TypeScript. */
beforeAll(async () => {
  const bundle = await rolldown({
    input: at("tests/worker/support/trainingJob.ts"),
    platform: "node",
    resolve: {
      alias: {
        "#kernels": at("src/platform/embedded.ts"),
        "#platform": at("src/platform/node.ts"),
        "#port": at("src/platform/portNode.ts"),
        "lanegrad/worker": at("src/worker/index.ts"),
        lanegrad: at("src/functions.ts"),
      },
    },
  });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  writeFileSync(file, output[0].code);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Training = Job<TrainingOptions, { step: number; loss: number }>;

const opened: Connection<TrainingOptions, unknown>[] = [];
afterEach(() => {
  for (const connection of opened.splice(0)) connection.close();
});

function open(worker = new Worker(file)) {
  const connection = connect<Training>(worker);
  opened.push(connection);
  return connection;
}

describe("a training in a worker thread", () => {
  it("trains, rests, saves, stops and begins again, the same each time", async () => {
    const start = open();
    const steps = await listed(start({ tokens, steps: 6 }));
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);

    const again: unknown[] = [];
    const run = start({ tokens, steps: 6 });
    for await (const step of run) {
      again.push(step);
      if (step.step !== 3) continue;
      run.pause();
      const { optimizer, trainer, config } = readCheckpoint(await run.checkpoint());
      expect(optimizer.step).toBe(3);
      expect(trainer).toEqual({ by: "a worker" });
      expect(config).toMatchObject({ width: 16 });
      run.resume();
    }
    expect(again).toEqual(steps);
  });

  it("throws the classes that the job throws, with their stacks, and lives on", async () => {
    const start = open();
    const steps = listed(start({ tokens, steps: 5, throwAfter: 2 }));
    await expect(steps).rejects.toThrow(NonFiniteError);
    await expect(steps).rejects.toThrow("the loss of step 2 is NaN");
    await expect(steps.catch(({ stack }) => stack)).resolves.toContain("job.mjs");
    const wrong = { tokens: Int32Array.of(1), steps: 1 };
    await expect(listed(start(wrong))).rejects.toThrow("TokenBatches: wanted a text of more than 8 symbols");
    expect(await listed(start({ tokens, steps: 1 }))).toHaveLength(1);
  });

  it("says how a worker died", async () => {
    const start = open();
    const run = start({ tokens, steps: 5, dieAfter: 1 });
    await run.next();
    await expect(run.next()).rejects.toThrow("the worker is gone: it ended with exit code 3");
    await expect(listed(start({ tokens, steps: 5 }))).rejects.toThrow(JobError);
  });

  it("says why a worker did not load", async () => {
    const missing = open(new Worker(pathToFileURL(join(folder, "missing.mjs"))));
    await expect(listed(missing({ tokens, steps: 1 }))).rejects.toThrow("Cannot find module");
    const broken = open(new Worker("throw new RangeError('at once')", { eval: true }));
    const failure = await listed(broken({ tokens, steps: 1 })).catch((error) => error);
    expect(failure).toBeInstanceOf(JobError);
    expect(failure.message).toContain("RangeError: at once");
    expect(failure.cause).toBeInstanceOf(RangeError);
  });
});

it("takes the ports of Node and of the web alike", () => {
  const { port1, port2 } = new MessageChannel();
  const web = new globalThis.MessageChannel();
  expect(connect<Training>(port1)).toBeTypeOf("function");
  expect(connect<Training>(web.port1)).toBeTypeOf("function");
  for (const port of [port1, port2, web.port1, web.port2]) port.close();
});

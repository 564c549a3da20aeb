import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ArgumentError, JobError } from "../../src/errors.ts";
import { connect, expose, type Job, type Port } from "../../src/worker/index.ts";
import { channel, counting, listed, messagesDelivered, together } from "./support/together.ts";

describe("connect", () => {
  it("yields what the job yields, in its order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.integer({ min: 0, max: 6 }),
        async (steps, ahead) => {
          const start = together(
            async function* (values: readonly unknown[]) {
              yield* values;
            },
            { ahead },
          );
          expect(await listed(start(steps))).toEqual(structuredClone(steps));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("has the types of the job", async () => {
    const job = async (options: { readonly first: number }, signal: AbortSignal) => {
      expectTypeOf(signal.aborted).toBeBoolean();
      return (async function* () {
        yield { loss: options.first };
      })();
    };
    const { page, worker } = channel();
    expectTypeOf(expose(job, worker)).toEqualTypeOf<Job<{ readonly first: number }, { loss: number }>>();
    const start = connect<typeof job>(page);
    expectTypeOf(start).parameter(0).toEqualTypeOf<{ readonly first: number }>();
    for await (const step of start({ first: 3 })) {
      expectTypeOf(step).toEqualTypeOf<{ loss: number }>();
      expect(step).toEqual({ loss: 3 });
    }
  });

  it("works in any order of beginning", async () => {
    const { page, worker } = channel();
    const run = connect<Job<number, number>>(page)(3);
    const steps = listed(run);
    await messagesDelivered();
    expose(counting([]), worker);
    expect(await steps).toEqual([0, 1, 2]);
  });

  it.each([0, 1, 3])("lets the job work %i steps ahead of a slow page, no further", async (ahead) => {
    const log: (number | string)[] = [];
    const run = together(counting(log), { ahead })(10);
    for (let step = 0; step < 10; step++) {
      expect(await run.next()).toEqual({ done: false, value: step });
      await messagesDelivered();
      expect(log.filter((entry) => entry !== "cleaned up")).toHaveLength(Math.min(step + 1 + ahead, 10));
    }
    expect(await run.next()).toEqual({ done: true, value: undefined });
  });

  it("runs one after another", async () => {
    const start = together(counting([]));
    expect(await listed(start(2))).toEqual([0, 1]);
    expect(await listed(start(3))).toEqual([0, 1, 2]);
  });

  it("refuses a second run beside the first, which goes on", async () => {
    const start = together(counting([]));
    const first = start(3);
    await first.next();
    await expect(listed(start(3))).rejects.toThrow(ArgumentError);
    await expect(listed(start(3))).rejects.toThrow("one run at a time");
    expect(await listed(first)).toEqual([1, 2]);
  });

  it("begins a run when the one that is being stopped has cleaned up", async () => {
    const log: (number | string)[] = [];
    const start = together(counting(log));
    const first = start(5);
    await first.next();
    void first.stop();
    expect(await listed(start(2))).toEqual([0, 1]);
    expect(log).toEqual([0, "cleaned up", 0, 1, "cleaned up"]);
  });

  it("never begins a run that was stopped while it waited", async () => {
    const log: (number | string)[] = [];
    const start = together(counting(log));
    const first = start(5);
    await first.next();
    void first.stop();
    await start(3).stop();
    expect(log).toEqual([0, "cleaned up"]);
  });

  it("leaves messages of others alone", async () => {
    const { page, worker } = channel();
    const [heardByPage, heardByWorker]: unknown[][] = [[], []];
    page.on("message", (message) => heardByPage!.push(message));
    worker.on("message", (message) => heardByWorker!.push(message));
    expose(counting([]), worker);
    const start = connect<Job<number, number>>(page);
    const strange = [null, 7, "run", { kind: "end" }, { protocol: "lanegrad/worker 1", kind: "what" }];
    for (const message of strange) {
      page.postMessage(message);
      worker.postMessage(message);
    }
    expect(await listed(start(2))).toEqual([0, 1]);
    expect(heardByPage).toEqual(expect.arrayContaining(strange));
    expect(heardByWorker).toEqual(expect.arrayContaining(strange));
  });

  it("serves two pages of one worker, one run at a time", async () => {
    const { page, worker } = channel();
    expose(counting([]), worker);
    const [one, two] = [connect<Job<number, number>>(page), connect<Job<number, number>>(page)];
    const first = one(2);
    await first.next();
    await expect(listed(two(2))).rejects.toThrow("one run at a time");
    expect(await listed(first)).toEqual([1]);
    expect(await listed(two(2))).toEqual([0, 1]);
  });

  it("says that a worker is gone, to the present run and to later ones", async () => {
    const { page, worker } = channel();
    expose(counting([]), worker);
    const start = connect<Job<number, number>>(page);
    const run = start(5);
    await run.next();
    worker.close();
    await expect(listed(run)).rejects.toThrow(JobError);
    await expect(listed(start(5))).rejects.toThrow("its port was closed");
  });

  it("closes a worker with whatever it does", async () => {
    const start = together(async function* () {
      yield 1;
      await new Promise(() => {});
    });
    const run = start(undefined);
    await run.next();
    const [next, files] = [run.next(), run.checkpoint()];
    start.close();
    await expect(next).rejects.toThrow("the worker was closed");
    await expect(files).rejects.toThrow("the worker was closed");
  });

  it("refuses options that cannot cross", async () => {
    const start = together(async function* (options: { readonly call: () => void }) {
      yield typeof options;
    });
    await expect(listed(start({ call: () => {} }))).rejects.toThrow(ArgumentError);
    await expect(listed(start({ call: () => {} }))).rejects.toThrow("wanted options of numbers");
  });

  it.each([-1, 0.5])("refuses to work %d steps ahead", (ahead) => {
    expect(() => together(counting([]), { ahead })).toThrow(ArgumentError);
  });

  it("refuses what is no port", () => {
    expect(() => connect({} as never)).toThrow("a Worker or a MessagePort");
  });

  it("is typed for workers and ports of the web and of Node", () => {
    expectTypeOf<globalThis.Worker>().toExtend<Port>();
    expectTypeOf<globalThis.MessagePort>().toExtend<Port>();
    expectTypeOf<import("node:worker_threads").Worker>().toExtend<Port>();
    expectTypeOf<import("node:worker_threads").MessagePort>().toExtend<Port>();
  });

  it.each([
    [{}, "its file could not be loaded"],
    [
      { message: "Uncaught TypeError: x", filename: "job.js", lineno: 7 },
      "Uncaught TypeError: x at job.js:7",
    ],
    [{ message: "Script error." }, "the worker is gone: Script error."],
  ])("says why a worker of the web failed, %o", async (facts, text) => {
    const worker = Object.assign(new EventTarget(), { postMessage: () => {}, terminate: () => {} });
    const start = connect<Job<number, number>>(worker);
    const steps = listed(start(3));
    const failure = Object.assign(new Event("error", { cancelable: true }), facts);
    worker.dispatchEvent(failure);
    await expect(steps).rejects.toThrow(JobError);
    await expect(steps).rejects.toThrow(text);
    expect(failure.defaultPrevented).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { ArgumentError, FormatError, JobError } from "../../src/errors.ts";
import { counting, listed, messagesDelivered, together } from "./support/together.ts";

describe("a run", () => {
  it("does nothing more while it is paused", async () => {
    const log: (number | string)[] = [];
    const run = together(counting(log), { ahead: 2 })(20);
    await run.next();
    run.pause();
    await messagesDelivered();
    const before = [...log];
    const rest = listed(run);
    await messagesDelivered();
    expect(run.paused).toBe(true);
    expect(log).toEqual(before);
    run.resume();
    expect(await rest).toHaveLength(19);
    expect(run.paused).toBe(false);
  });

  it("stops while it is paused", async () => {
    const log: (number | string)[] = [];
    const run = together(counting(log))(20);
    await run.next();
    run.pause();
    const next = run.next();
    await run.stop();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(log).toEqual([0, "cleaned up"]);
  });

  it("ends without an error when it is stopped, and has cleaned up by then", async () => {
    const log: (number | string)[] = [];
    const run = together(counting(log))(20);
    for await (const step of run) if (step === 2) await run.stop();
    expect(log).toEqual([0, 1, 2, "cleaned up"]);
    await run.stop();
  });

  it("stops the job when the loop is left, and gives its last words", async () => {
    const log: (number | string)[] = [];
    for await (const step of together(counting(log))(20)) if (step === 1) break;
    expect(log).toEqual([0, 1, "cleaned up"]);

    const failing = together(async function* () {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
        throw new ArgumentError("cleaning", "a broom", "none");
      }
    });
    const leave = async () => {
      for await (const _ of failing(undefined)) break;
    };
    await expect(leave()).rejects.toThrow(ArgumentError);
  });

  it("passes the page's signal on, with its reason", async () => {
    const reasons: unknown[] = [];
    const start = together(async function* (_: undefined, signal: AbortSignal) {
      yield 0;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reasons.push(signal.reason);
      signal.throwIfAborted();
    });
    const stop = new AbortController();
    const run = start(undefined, stop.signal);
    await run.next();
    const next = run.next();
    const reason = new FormatError("the page", "button", "was pressed");
    stop.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(reasons).toEqual([expect.any(FormatError)]);
    expect((reasons[0] as Error).message).toBe(reason.message);
    expect(await run.next()).toEqual({ done: true, value: undefined });
  });

  it("starts nothing for a signal that was aborted before", async () => {
    const log: (number | string)[] = [];
    const start = together(counting(log));
    await expect(listed(start(3, AbortSignal.abort(new Error("too late"))))).rejects.toThrow("too late");
    expect(await listed(start(1))).toEqual([0]);
    expect(log).toEqual([0, "cleaned up"]);
  });

  it("throws what the job throws, after the steps before it", async () => {
    const start = together(
      async function* () {
        yield* [1, 2];
        throw new FormatError("book.txt", "line 3", "no such letter");
      },
      { ahead: 5 },
    );
    const run = start(undefined);
    await messagesDelivered();
    expect([await run.next(), await run.next()].map(({ value }) => value)).toEqual([1, 2]);
    await expect(run.next()).rejects.toThrow(FormatError);
    expect(await run.next()).toEqual({ done: true, value: undefined });
  });

  it("throws what the job throws before it gives an iterable", async () => {
    const start = together(async (): Promise<AsyncIterable<number>> => {
      throw new RangeError("not today");
    });
    await expect(listed(start(undefined))).rejects.toThrow(RangeError);
  });

  it("refuses a job that gives no iterable, and steps that cannot cross", async () => {
    const none = together((() => 7) as never);
    await expect(listed(none(undefined))).rejects.toThrow("a job that gives an async iterable");
    const log: string[] = [];
    const functions = together(async function* () {
      try {
        yield () => {};
      } finally {
        log.push("cleaned up");
      }
    });
    await expect(listed(functions(undefined))).rejects.toThrow("wanted a step of numbers");
    expect(log).toEqual(["cleaned up"]);
  });
});

describe("a checkpoint", () => {
  /** Offers the number of steps it has begun, as a file. */
  const saving = (made: Uint8Array[] = []) =>
    together(async function* (count: number, _signal: AbortSignal, { offerCheckpoint }) {
      let begun = 0;
      offerCheckpoint(() => {
        const bytes = Uint8Array.of(begun, 255);
        made.push(bytes);
        return { "step.bin": bytes };
      });
      for (; begun < count; ) {
        begun++;
        yield begun;
      }
    });

  it("is of the step at hand, and its bytes move", async () => {
    const made: Uint8Array[] = [];
    const run = saving(made)(4);
    for await (const step of run) {
      expect(await run.checkpoint()).toEqual({ "step.bin": Uint8Array.of(step, 255) });
    }
    expect(made.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0, 0]);
  });

  it("is made while the run is paused", async () => {
    const run = saving()(4);
    await run.next();
    run.pause();
    const next = run.next();
    expect(await run.checkpoint()).toEqual({ "step.bin": Uint8Array.of(1, 255) });
    run.resume();
    expect((await next).value).toBe(2);
  });

  it("copies what lies within a longer buffer or is named twice", async () => {
    const long = Uint8Array.of(1, 2, 3, 4);
    const start = together(async function* (_: undefined, _signal: AbortSignal, { offerCheckpoint }) {
      offerCheckpoint(async () => ({ whole: long, again: long, part: long.subarray(1, 3) }));
      yield 0;
    });
    const run = start(undefined);
    await run.next();
    const files = await run.checkpoint();
    expect(files.part).toEqual(Uint8Array.of(2, 3));
    expect(files.part!.buffer.byteLength).toBe(2);
    expect(files.again).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(files.whole).toEqual(files.again);
  });

  it("is refused where the job offers none, or fails at it, and the job goes on", async () => {
    const none = together(counting([]))(2);
    await none.next();
    await expect(none.checkpoint()).rejects.toThrow(JobError);
    expect(await listed(none)).toEqual([1]);

    const failing = together(async function* (_: undefined, _signal: AbortSignal, { offerCheckpoint }) {
      offerCheckpoint(() => Promise.reject(new ArgumentError("disk", "room", 0)));
      yield* [1, 2];
    })(undefined);
    await failing.next();
    await expect(failing.checkpoint()).rejects.toThrow(ArgumentError);
    expect(await listed(failing)).toEqual([2]);
  });

  it("is refused when the job has ended, also before its turn came", async () => {
    const run = saving()(1);
    await run.next();
    const last = run.next();
    const late = run.checkpoint();
    expect((await last).done).toBe(true);
    await expect(late).rejects.toThrow("the job has ended");
    await expect(run.checkpoint()).rejects.toThrow(JobError);
  });
});

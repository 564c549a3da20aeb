import { afterEach, describe, expect, it } from "vitest";
import { threadPlatform } from "#threads";
import { ArgumentError, WorkerError } from "../../src/errors.ts";
import { add, attention, gelu, layerNorm, linear, matmul, mean, mul, sum } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { ThreadPlatform } from "../../src/runtime/threads/platform.ts";
import { threadedBackend } from "../../src/runtime/threads/threadedBackend.ts";
import { backward } from "../../src/tensor/backward.ts";
import { ones, randomNormal, zeros } from "../../src/tensor/create.ts";
import { threads } from "../../src/threads/index.ts";

const MIB = 2 ** 20;

const opened: Runtime[] = [];
afterEach(() => {
  for (const runtime of opened.splice(0)) runtime.dispose();
});

function open(
  count: number,
  platform: ThreadPlatform | null = threadPlatform,
  hint = (_: string) => {},
): Runtime {
  const runtime = createRuntime({ threads: threadedBackend(count, platform, hint) });
  opened.push(runtime);
  return runtime;
}

async function ready(runtime: Runtime): Promise<Runtime> {
  await runtime.ready;
  return runtime;
}

/** A platform whose first worker runs other code instead of the kernel `gelu`. */
const changedWorkers = (code: string): ThreadPlatform => ({
  ...threadPlatform,
  start(source, task, events) {
    const call = "table[kernel](...values);";
    expect(source).toContain(call);
    const changed = source.replace(
      call,
      `if (index === 0 && kernels[kernel] === "gelu") { ${code} } ${call}`,
    );
    return threadPlatform.start(changed, task, events);
  },
});

/** Attention with shared key heads, norm, products and sums, forward and backward, as bits. */
function manyOps(runtime: Runtime): Int32Array[] {
  const draw = (shape: number[], name: string) =>
    randomNormal(shape, { random: new Random(3).fork(name), requiresGrad: true });
  return withRuntime(runtime, () =>
    runtime.scope(() => {
      const [q, k, v] = [draw([3, 6, 50, 24], "q"), draw([3, 2, 50, 24], "k"), draw([3, 2, 50, 24], "v")];
      const [weight, bias] = [draw([48, 24], "weight"), draw([48], "bias")];
      const [gain, shift] = [draw([48], "gain"), draw([48], "shift")];
      const o = attention(q, k, v, { causal: true });
      const h = layerNorm(gelu(linear(o, weight, bias)), { gain, bias: shift });
      const loss = mean(mul(h, h));
      backward(loss);
      const results = [h, loss, ...[q, k, v, weight, bias, gain, shift].map((leaf) => leaf.grad!)];
      return results.map((t) => new Int32Array(t.toTypedArray().buffer));
    }),
  );
}

describe("a runtime on threads", () => {
  it("gives the bits of one thread, before the others join, after, and after growing and reset", async () => {
    const wanted = manyOps(createRuntime());
    const runtime = open(3);
    expect(manyOps(runtime)).toEqual(wanted);
    await runtime.ready;
    expect(runtime.threads).toBe(3);
    for (let i = 0; i < 5; i++) expect(manyOps(runtime)).toEqual(wanted);
    withRuntime(runtime, () => runtime.scope(() => expect(zeros([8 * MIB]).size).toBe(8 * MIB)));
    expect(manyOps(runtime)).toEqual(wanted);
    runtime.reset();
    await runtime.ready;
    expect(runtime.threads).toBe(3);
    expect(manyOps(runtime)).toEqual(wanted);
    expect(runtime.memoryStats().liveBytes).toBe(0);
  });

  it("lets its workers do some of the work", async () => {
    const marking = changedWorkers('return void table[kernels.indexOf("fill")](values[0], values[2], 7);');
    const runtime = await ready(open(2, marking));
    withRuntime(runtime, () => {
      const x = ones([MIB]);
      const workersPart = () => runtime.scope(() => gelu(x).toTypedArray().indexOf(7) >= 0);
      expect(Array.from({ length: 1000 }).some(workersPart)).toBe(true);
      x.dispose();
    });
  });

  it("takes as many threads as there are cores, and refuses numbers that are none", async () => {
    const runtime = createRuntime({ threads: threads() });
    opened.push(runtime);
    await runtime.ready;
    expect(runtime.threads).toBe(threadPlatform.cores);
    for (const count of [0, -1, 1.5, Number.NaN, 1000]) expect(() => threads(count)).toThrow(ArgumentError);
    expect(() => createRuntime({ threads: threads(2), backend: referenceBackend() })).toThrow(ArgumentError);
  });

  it("on one thread is the plain one", async () => {
    const runtime = await ready(open(1));
    expect(runtime.threads).toBe(1);
    expect(runtime.floats(zeros([1], { runtime }).ptr, 1).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("does without workers where there can be none, and says so once", async () => {
    const hints: string[] = [];
    const isolated = { ...threadPlatform, obstacle: "the page is not isolated" };
    const factory = threadedBackend(4, isolated, (text) => hints.push(text));
    for (const backend of [factory, factory, threadedBackend(4, null, (text) => hints.push(text))]) {
      const runtime = createRuntime({ threads: backend });
      opened.push(runtime);
      await runtime.ready;
      expect(runtime.threads).toBe(1);
      expect(manyOps(runtime)).toEqual(manyOps(createRuntime()));
    }
    expect(hints).toEqual(["lanegrad runs on one thread: the page is not isolated"]);
  });

  it("goes on with fewer where a worker cannot be started", async () => {
    const refusing: ThreadPlatform = {
      ...threadPlatform,
      start(source, task, events) {
        if (task.index === 0) throw new Error("refused by the page's policy");
        return threadPlatform.start(task.index === 1 ? "no program" : source, task, events);
      },
    };
    const runtime = await ready(open(4, refusing));
    expect(runtime.threads).toBe(2);
    expect(manyOps(runtime)).toEqual(manyOps(createRuntime()));
  });

  it("computes alone where the workers' scratch finds no room", async () => {
    const limited = createRuntime({ threads: threads(4), maxMemory: 4 * MIB });
    opened.push(limited);
    await limited.ready;
    withRuntime(limited, () =>
      limited.scope(() => {
        const x = ones([256, 256]);
        for (let i = 0; i < 20; i++) limited.scope(() => expect(sum(matmul(x, x)).item()).toBe(2 ** 24));
      }),
    );
  });

  it("cannot be used after its end", async () => {
    const runtime = await ready(open(4));
    runtime.dispose();
    expect(runtime.threads).toBe(1);
    expect(() => zeros([1], { runtime })).toThrow(ArgumentError);
  });
});

describe("a worker that dies in the middle of a kernel", () => {
  it.each([
    ["by a trap", "throw new WebAssembly.RuntimeError('unreachable');"],
    ["by leaving its process", "process.exit(1);"],
  ])("%s fails the step, and the next one runs without it", async (_, code) => {
    const runtime = await ready(open(3, changedWorkers(code)));
    withRuntime(runtime, () => {
      const x = ones([MIB]);
      const step = () => runtime.scope(() => gelu(x).toTypedArray()[MIB - 1]!);
      const failing = () => {
        for (let tries = 0; tries < 10_000; tries++) step();
      };
      expect(failing).toThrow(WorkerError);
      expect(runtime.threads).toBe(2);
      for (let i = 0; i < 20; i++) expect(step()).toBeCloseTo(0.841345, 6);
      x.dispose();
    });
    expect(runtime.memoryStats().liveBytes).toBe(0);
    expect(manyOps(runtime)).toEqual(manyOps(createRuntime()));
  });

  it("without a last word is given up after a while", async () => {
    // Two minutes of patience in 0.6 s.
    const now = () => 200 * performance.now();
    const impatient = { ...changedWorkers("for (;;);"), mayWait: false, now };
    const runtime = await ready(open(2, impatient));
    withRuntime(runtime, () => {
      const x = ones([MIB]);
      const failing = () => {
        for (let tries = 0; tries < 10_000; tries++) runtime.scope(() => gelu(x).size);
      };
      expect(failing).toThrow(/worker thread died.*1 thread goes on/);
      expect(runtime.scope(() => gelu(x).size)).toBe(MIB);
      x.dispose();
    });
    expect(runtime.threads).toBe(1);
  });
});

describe("pools", () => {
  it("may start and end a hundred times", async () => {
    const x = Float32Array.from({ length: 1 << 16 }, (_, i) => i % 7);
    for (let i = 0; i < 100; i++) {
      const runtime = open(2 + (i % 3));
      // Most of them end before their workers have joined.
      if (i % 5 === 0) await runtime.ready;
      withRuntime(runtime, () =>
        runtime.scope(() => expect(add(ones([x.length]), 1).toTypedArray()[i]).toBe(2)),
      );
      runtime.dispose();
      opened.length = 0;
    }
  });

  it("work side by side", async () => {
    const wanted = manyOps(createRuntime());
    const [first, second] = [open(2), open(3)];
    await Promise.all([first.ready, second.ready]);
    for (let i = 0; i < 5; i++) {
      expect(manyOps(first)).toEqual(wanted);
      expect(manyOps(second)).toEqual(wanted);
    }
    first.dispose();
    expect(manyOps(second)).toEqual(wanted);
  });
});

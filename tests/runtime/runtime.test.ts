import { describe, expect, it, vi } from "vitest";
import { OutOfMemoryError, UseAfterFreeError } from "../../src/errors.ts";
import { add, exp, matmul, sum } from "../../src/ops/index.ts";
import {
  createRuntime,
  defaultRuntime,
  detectAnomaly,
  memoryStats,
  noGrad,
  withRuntime,
} from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import { backward } from "../../src/tensor/backward.ts";
import { ones, tensor, zeros } from "../../src/tensor/create.ts";
import { exactRuntime } from "../support/runtimes.ts";

const MIB = 2 ** 20;
const small = () => createRuntime({ backend: referenceBackend({ precision: "f32" }), maxMemory: 4 * MIB });

describe("out of memory", () => {
  it("says what was asked, what is live, the limit and how much was made outside any scope", () => {
    const runtime = small();
    const stray = zeros([MIB / 4], { runtime });
    try {
      zeros([MIB], { runtime });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfMemoryError);
      const { message, report } = error as OutOfMemoryError;
      expect(message).toMatch(
        /4\.0 MiB, 1\.0 MiB are live and the limit is 4\.0 MiB; 1 live tensors of 1\.0 MiB/,
      );
      expect(message).toMatch(/scope/);
      expect(report).toEqual({
        asked: 4 * MIB,
        live: MIB,
        limit: 4 * MIB,
        unscopedTensors: 1,
        unscopedBytes: MIB,
      });
    }
    stray.dispose();
    runtime.dispose();
  });

  it("leaves the runtime as it was and usable", () => {
    const runtime = small();
    withRuntime(runtime, () => {
      runtime.scope(() => {
        const x = ones([1000], { requiresGrad: true });
        const before = runtime.memoryStats();
        for (let i = 0; i < 10; i++) expect(() => zeros([2 * MIB])).toThrow(OutOfMemoryError);
        const { liveTensors, liveBytes } = runtime.memoryStats();
        expect({ liveTensors, liveBytes }).toEqual({
          liveTensors: before.liveTensors,
          liveBytes: before.liveBytes,
        });
        backward(sum(exp(x)));
        expect(x.grad!.toTypedArray()[999]).toBeCloseTo(Math.E);
        expect(zeros([MIB / 2]).size).toBe(MIB / 2);
      });
    });
    expect(runtime.memoryStats().liveBytes).toBe(0);
    runtime.dispose();
  });

  it("in the middle of backward frees what backward held", () => {
    const runtime = small();
    withRuntime(runtime, () => {
      const x = ones([MIB / 8], { requiresGrad: true });
      runtime.scope(() => {
        const y = sum(exp(add(exp(x), exp(x))));
        runtime.scope(() => {
          zeros([MIB / 4]);
          zeros([MIB / 64]);
          expect(() => backward(y)).toThrow(OutOfMemoryError);
        });
      });
      expect(runtime.memoryStats().liveTensors).toBe(1);
      expect(runtime.memoryStats().liveBytes).toBe(MIB / 2);
      expect(x.grad).toBeNull();
      x.dispose();
    });
    runtime.dispose();
  });

  it("is no matter for a long loop that frees", () => {
    const runtime = small();
    withRuntime(runtime, () => {
      for (let i = 0; i < 200; i++) runtime.scope(() => add(zeros([MIB / 4]), zeros([1])).size);
    });
    expect(runtime.memoryStats().liveBytes).toBe(0);
    runtime.dispose();
  });
});

describe("strays", () => {
  it("are warned about once, with the remedy", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const runtime = small();
    const strays = Array.from({ length: 5 }, () => zeros([MIB / 8], { runtime }));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/outside any scope.*scope\(\(\) => …\)/);
    for (const stray of strays) stray.dispose();
    warn.mockRestore();
    runtime.dispose();
  });

  it("in a scope are none", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const runtime = small();
    runtime.scope(() => Array.from({ length: 7 }, () => zeros([MIB / 8], { runtime })).length);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    runtime.dispose();
  });
});

describe("reset and dispose", () => {
  it("give the memory back and kill every handle", () => {
    const runtime = exactRuntime();
    const x = tensor([1, 2], { runtime, requiresGrad: true });
    const y = exp(x);
    const large = zeros([MIB], { runtime });
    const { reservedBytes } = runtime.memoryStats();
    runtime.reset();
    expect(runtime.memoryStats()).toMatchObject({ liveTensors: 0, liveBytes: 0, unscopedTensors: 0 });
    expect(runtime.memoryStats().reservedBytes).toBeLessThan(reservedBytes);
    expect(() => add(x, 1)).toThrow(UseAfterFreeError);
    const again = tensor([3], { runtime });
    for (const dead of [x, y, large]) dead.dispose();
    expect(again.item()).toBe(3);
    expect(runtime.memoryStats().liveTensors).toBe(1);
    again.dispose();
    runtime.dispose();
  });

  it("inside an open scope", () => {
    const runtime = exactRuntime();
    runtime.scope(() => {
      tensor([1], { runtime });
      runtime.reset();
      tensor([2], { runtime });
    });
    runtime.dispose();
    expect(() => tensor([1], { runtime })).toThrow(/disposed/);
  });

  it("end a block with using", () => {
    const runtime = exactRuntime();
    runtime[Symbol.dispose]();
    expect(() => tensor([1], { runtime })).toThrow(/disposed/);
  });
});

describe("two runtimes", () => {
  it("share nothing", () => {
    const [a, b] = [exactRuntime(), exactRuntime()];
    withRuntime(a, () => tensor([1]));
    withRuntime(b, () => noGrad(() => expect(b.recording).toBe(false)));
    expect(a.recording && b.recording).toBe(true);
    expect([a.memoryStats().liveTensors, b.memoryStats().liveTensors]).toEqual([1, 0]);
    a.dispose();
    b.dispose();
  });

  it("withRuntime restores the one before, also after an error, and refuses a promise", () => {
    const before = defaultRuntime();
    const other = exactRuntime();
    expect(withRuntime(other, () => defaultRuntime())).toBe(other);
    expect(() => withRuntime(other, () => Promise.resolve())).toThrow(/not a promise/);
    expect(() =>
      withRuntime(other, () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(defaultRuntime()).toBe(before);
    other.dispose();
  });

  it("are made lazily, one by default, on compiled kernels", () => {
    expect(defaultRuntime()).toBe(defaultRuntime());
    expect(["plain", "relaxed"]).toContain(defaultRuntime().build);
    expect(memoryStats()).toEqual(defaultRuntime().memoryStats());
    const exact = createRuntime({ deterministic: true });
    expect(exact.build).toBe("plain");
    exact.dispose();
    expect(() => createRuntime({ maxMemory: 0 })).toThrow(/maxMemory/);
  });

  it("restore flags after errors", () => {
    const runtime = exactRuntime();
    withRuntime(runtime, () => {
      const fail = () => {
        throw new Error("inside");
      };
      expect(() => noGrad(fail)).toThrow();
      expect(() => detectAnomaly(fail)).toThrow();
      expect([runtime.recording, runtime.detectAnomaly]).toEqual([true, false]);
    });
    runtime.dispose();
  });

  it("are ready at once on one thread", async () => {
    await expect(exactRuntime().ready).resolves.toBeUndefined();
  });
});

describe("a wasm memory", () => {
  it("grows under tensors that go on working", () => {
    const runtime = createRuntime();
    withRuntime(runtime, () =>
      runtime.scope(() => {
        const x = tensor([
          [1, 2],
          [3, 4],
        ]);
        for (let i = 0; i < 5; i++) zeros([3 * MIB]);
        expect(matmul(x, x).toArray()).toEqual([
          [7, 10],
          [15, 22],
        ]);
      }),
    );
    expect(runtime.memoryStats().reservedBytes).toBeGreaterThan(60 * MIB);
    expect(runtime.memoryStats().liveBytes).toBe(0);
    runtime.dispose();
  });
});

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { exp, mul, sum } from "../../src/ops/index.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { backward } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { exactRuntime } from "../support/runtimes.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Collects until nothing is live; finalizers run in tasks of their own. */
async function settle(runtime: Runtime): Promise<void> {
  for (let i = 0; i < 50 && runtime.memoryStats().liveTensors > 0; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const emptied = { liveTensors: 0, liveBytes: 0, unscopedTensors: 0 };

describe("tensors outside every scope", () => {
  it("go with their handles, and so do the graph and the gradients", async () => {
    const runtime = exactRuntime();
    const work = () => {
      const x = tensor([1, 2], { runtime, requiresGrad: true });
      backward(sum(exp(mul(x, x))));
      exp(mul(x, exp(x)));
      return x.grad!.toTypedArray().length;
    };
    expect(work()).toBe(2);
    expect(runtime.memoryStats().unscopedTensors).toBeGreaterThan(0);
    await settle(runtime);
    expect(runtime.memoryStats()).toMatchObject(emptied);
    runtime.dispose();
  });

  it("are not touched by a collection after reset", async () => {
    const runtime = exactRuntime();
    const forget = () => exp(tensor([1, 2], { runtime })).size;
    expect(forget()).toBe(2);
    runtime.reset();
    const alive = tensor([3, 4], { runtime });
    for (let i = 0; i < 5; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(alive.toArray()).toEqual([3, 4]);
    expect(runtime.memoryStats()).toMatchObject({ liveTensors: 1, liveBytes: 64, unscopedTensors: 1 });
    runtime.dispose();
  });
});

import { describe, expect, it } from "vitest";
import { exp, matmul, mul, pow, sum } from "../../src/ops/index.ts";
import { scope } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { onExact } from "../support/onExact.ts";

const leaf = (data: Parameters<typeof tensor>[0]) => tensor(data, { requiresGrad: true });

describe("memory", () => {
  it(
    "an output that its own node saved goes with its handle",
    onExact((runtime) => {
      const x = leaf([1, 2, 3]);
      const before = runtime.memoryStats().liveBytes;
      const y = exp(x);
      y.dispose();
      expect(runtime.memoryStats().liveBytes).toBe(before);
    }),
  );

  it(
    "operands of a product or a power are kept where the other one's gradient needs them",
    onExact((runtime) => {
      const [tracked, fixed] = [leaf(new Float64Array(8).fill(2)), tensor(new Float64Array(8).fill(3))];
      /** Bytes that the graph of f(a, b) keeps of tensors made for it. */
      const kept = (f: typeof mul, a: Tensor, b: Tensor) => {
        const before = runtime.memoryStats().liveBytes;
        const y = scope(() => f(mul(a, 1), mul(b, 1)));
        return runtime.memoryStats().liveBytes - before - y.byteLength;
      };
      expect(kept(mul, tracked, tracked)).toBe(2 * 64);
      for (const pair of [[tracked, fixed], [fixed, tracked]] as const) expect(kept(mul, ...pair)).toBe(64); // biome-ignore format: pairs
      expect(kept(mul, fixed, fixed)).toBe(0);
      const y = sum(mul(tensor([[1], [2]]), tracked)); // biome-ignore format: a column
      backward(y);
      expect(tracked.grad!.toArray()).toEqual(new Array(8).fill(3));
      expect(kept(pow, tracked, fixed)).toBe(2 * 64);
    }),
  );

  it(
    "what backward saved goes as soon as its rule has run",
    onExact((runtime) => {
      const x = leaf(new Float64Array(1000));
      const loss = scope(() => {
        let y: Tensor = x;
        for (let i = 0; i < 20; i++) y = exp(mul(y, 0.5));
        return sum(y);
      });
      const alive = runtime.memoryStats().liveBytes;
      runtime.resetPeak();
      backward(loss);
      // 20 saved outputs of 8 kB are alive at the start; the walk needs a few buffers more, not 20.
      expect(runtime.memoryStats().peakBytes).toBeLessThan(alive + 5 * 8192);
      expect(runtime.memoryStats().liveBytes).toBeLessThan(4 * 8192);
    }),
  );

  it(
    "a thousand steps leave nothing behind",
    onExact((runtime) => {
      const weight = leaf([
        [1, 2],
        [3, 4],
      ]);
      const step = () =>
        scope(() => {
          weight.grad = null;
          const h = exp(mul(matmul(weight, weight), 0.01));
          backward(sum(mul(h, h)));
        });
      step();
      const { liveTensors, liveBytes } = runtime.memoryStats();
      for (let i = 0; i < 1000; i++) step();
      expect(runtime.memoryStats().liveTensors).toBe(liveTensors);
      expect(runtime.memoryStats().liveBytes).toBe(liveBytes);
    }),
  );
});

import { describe, expect, it } from "vitest";
import { UseAfterFreeError } from "../../src/errors.ts";
import { add, assign, attention, gelu, mul, reshape, softmax, sub, sum } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { scope } from "../../src/runtime/default.ts";
import { backward, gradientsOf } from "../../src/tensor/backward.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import { onExact } from "../support/onExact.ts";

const leaf = (data: Parameters<typeof tensor>[0]) => tensor(data, { requiresGrad: true });

describe("createGraph", () => {
  it(
    "differentiates gradients again, and adds them to those that are there",
    onExact(() => {
      const x = leaf([2]);
      backward(mul(mul(x, x), x), undefined, { createGraph: true });
      const dx = x.grad!;
      expectClose(dx, [12]);
      expect(dx.requiresGrad).toBe(true);
      const [second] = gradientsOf([dx], [tensor([1])], [x], { createGraph: true });
      expectClose(second!, [12]);
      expectClose(gradientsOf([second!], [tensor([1])], [x], { retainGraph: true })[0]!, [6]);
      backward(dx);
      expectClose(x.grad!, [24]);
    }),
  );

  it(
    "sums that meet in one tensor are recorded too",
    onExact(() => {
      // x² + x³ + two views of x: 2x + 3x² + …, whose derivative is 2 + 6x.
      const x = leaf([2]);
      const y = add(add(mul(x, x), mul(mul(x, x), x)), sum(add(reshape(x, [1, 1]), x)));
      backward(y, undefined, { createGraph: true });
      backward(x.grad!);
      expectClose(x.grad!, [4 + 12 + 2 + 2 + 12]);
    }),
  );

  it(
    "of backward twice in a row accumulates recorded gradients",
    onExact(() => {
      const x = leaf([3]);
      for (let i = 0; i < 2; i++) backward(mul(mul(x, x), x), undefined, { createGraph: true });
      expectClose(x.grad!, [54]);
      expectClose(gradientsOf([x.grad!], [tensor([1])], [x])[0]!, [36]);
    }),
  );

  it(
    "goes through a fused op that gets one tensor three times",
    onExact(() => {
      const draw = () => randomNormal([1, 2, 3, 4], { random: new Random(2) });
      gradcheck(() => ({ f: (x) => attention(x, x, x, { causal: true }), inputs: [draw()] }), { order: 2 });
    }),
  );

  it(
    "gives gradients that share no storage",
    onExact(() => {
      const a = leaf([1, 2]);
      const b = leaf([3, 4]);
      backward(sum(add(a, b)), undefined, { createGraph: true });
      assign(a.grad!, tensor([0, 0]));
      expectClose(b.grad!, [1, 1]);
    }),
  );

  it(
    "lets go of everything with the leaf, though the gradient's graph refers to it",
    onExact((runtime) => {
      const before = runtime.memoryStats();
      scope(() => {
        const x = leaf([1, 2, 3]);
        backward(sum(gelu(mul(x, x))), undefined, { createGraph: true });
        expect(x.grad!.requiresGrad).toBe(true);
      });
      expect(runtime.memoryStats().liveTensors).toBe(before.liveTensors);
      expect(runtime.memoryStats().liveBytes).toBe(before.liveBytes);
    }),
  );

  it(
    "gives nothing to a leaf that is gone",
    onExact(() => {
      const y = scope(() => mul(leaf([2]), leaf([3])));
      backward(y, undefined, { createGraph: true });
    }),
  );

  it(
    "says what to do where a scope closed over what a definition reads",
    onExact(() => {
      const x = leaf([1, 2]);
      const y = scope(() => sum(mul(softmax(add(x, 1)), x)));
      const again = () => backward(y, undefined, { createGraph: true });
      expect(again).toThrow(UseAfterFreeError);
      expect(again).toThrow(
        /backward of softmax: .*shape \[2\].* close no scope between forward and backward/,
      );
    }),
  );

  it(
    "notices a write to what a definition reads",
    onExact(() => {
      const x = leaf([1, 2]);
      const h = sub(x, 1);
      const y = sum(gelu(h));
      assign(h, tensor([5, 5]));
      expect(() => backward(y, undefined, { createGraph: true })).toThrow(/gelu/);
    }),
  );

  it(
    "leaves the graph as it was for a first-order pass afterwards",
    onExact(() => {
      const x = leaf([0.5]);
      const y = gelu(x) as Tensor;
      const [first] = gradientsOf([y], [tensor([1])], [x], { createGraph: true });
      const [second] = gradientsOf([y], [tensor([1])], [x]);
      expectClose(first!, second!, { relative: 1e-12 });
    }),
  );
});

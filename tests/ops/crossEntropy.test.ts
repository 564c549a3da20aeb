import { describe, expect, it } from "vitest";
import { crossEntropy } from "../../src/ops/crossEntropy.ts";
import { linearCrossEntropy } from "../../src/ops/linearCrossEntropy.ts";
import { logSoftmax } from "../../src/ops/logSoftmax.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { negativeLogLikelihood } from "../../src/ops/negativeLogLikelihood.ts";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { backward, gradientsOf } from "../../src/tensor/backward.ts";
import { ones, randomNormal, tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { fastRuntime } from "../support/runtimes.ts";

const targetsOf = (...targets: number[]) => tensor(Int32Array.from(targets));

onEveryRuntime("crossEntropy", (test) => {
  /** Probabilities ¼, ¾ and ½, ½. */
  const logits = () =>
    tensor([
      [0, Math.log(3)],
      [0, 0],
    ]);

  test("takes the mean, the sum, or nothing", () => {
    const targets = targetsOf(1, 0);
    const losses = [Math.log(4 / 3), Math.log(2)];
    expectClose(crossEntropy(logits(), targets, { reduction: "none" }), losses);
    expectClose(crossEntropy(logits(), targets, { reduction: "sum" }), Math.log(8 / 3));
    expectClose(crossEntropy(logits(), targets), Math.log(8 / 3) / 2);
  });

  test("leaves ignored targets out, of the mean too", () => {
    const x = logits();
    x.requiresGrad = true;
    const loss = crossEntropy(x, targetsOf(1, -100));
    expectClose(loss, Math.log(4 / 3));
    expectClose(gradientsOf([loss], [tensor(1)], [x])[0]!, [
      [0.25, -0.25],
      [0, 0],
    ]);
    expectClose(crossEntropy(x, targetsOf(1, 0), { ignoreIndex: 1, reduction: "none" }), [0, Math.log(2)]);
  });

  test("of nothing, or of ignored targets alone, is NaN in the mean and 0 in the sum, gradient 0", () => {
    expect(crossEntropy(zeros([0, 3]), targetsOf()).item()).toBeNaN();
    expect(crossEntropy(zeros([0, 3]), targetsOf(), { reduction: "sum" }).item()).toBe(0);
    const x = zeros([1, 3], { requiresGrad: true });
    for (const createGraph of [false, true]) {
      const loss = crossEntropy(x, targetsOf(-100));
      expect(loss.item()).toBeNaN();
      expect(gradientsOf([loss], [tensor(1)], [x], { createGraph })[0]!.toArray()).toEqual([[0, 0, 0]]);
    }
  });

  test("smooths labels", () => {
    const smoothed = 0.9 * Math.log(4 / 3) + 0.05 * (Math.log(4) + Math.log(4 / 3));
    expectClose(crossEntropy(logits(), targetsOf(1, -100), { labelSmoothing: 0.1 }), smoothed);
  });

  test("weighs classes, and divides by the weights of the targets", () => {
    const weight = tensor([1, 3]);
    const [first, second] = [3 * Math.log(4 / 3), Math.log(2)];
    const targets = targetsOf(1, 0);
    expectClose(crossEntropy(logits(), targets, { weight, reduction: "none" }), [first, second]);
    expectClose(crossEntropy(logits(), targets, { weight }), (first + second) / 4);
    expectClose(crossEntropy(logits(), targetsOf(1, -100), { weight }), first / 3);
  });

  test("ignores a class that is masked out", () => {
    const x = tensor([[-Infinity, 0, 0]], { requiresGrad: true });
    for (const createGraph of [false, true]) {
      const loss = crossEntropy(x, targetsOf(1));
      expectClose(loss, Math.log(2));
      expectClose(gradientsOf([loss], [tensor(1)], [x], { createGraph })[0]!, [[0, -0.5, 0.5]]);
    }
  });

  test("takes classes along the last axis, and targets of any rank", () => {
    expectClose(crossEntropy(zeros([2, 3, 4]), zeros([2, 3], { dtype: "i32" })), Math.log(4));
    expectClose(crossEntropy(zeros([4]), tensor(2, { dtype: "i32" })), Math.log(4));
  });

  test("names a target that is no class", () => {
    const message = "wanted targets from 0 to 1, or ignoreIndex -100, got";
    expect(() => crossEntropy(logits(), targetsOf(0, 2))).toThrow(`crossEntropy: ${message} 2`);
    expect(() => crossEntropy(logits(), targetsOf(-1, 0))).toThrow(`crossEntropy: ${message} -1`);
    expect(() => negativeLogLikelihood(logits(), targetsOf(0, 2))).toThrow(
      `negativeLogLikelihood: ${message} 2`,
    );
  });

  test("refuses what does not fit", () => {
    expect(() => crossEntropy(logits(), targetsOf(0))).toThrow(
      "[..., V] with V > 0 and targets of [...], got [2, 2] and [1]",
    );
    expect(() => crossEntropy(zeros([1, 0]), targetsOf(0))).toThrow("V > 0");
    expect(() => crossEntropy(logits(), tensor([0, 1]))).toThrow("crossEntropy: wanted i32 indices");
    expect(() => crossEntropy(zeros([1, 2], { dtype: "i32" }), targetsOf(0))).toThrow(
      "wanted floats, got i32",
    );
    expect(() => crossEntropy(logits(), targetsOf(0, 1), { labelSmoothing: 2 })).toThrow(
      "a labelSmoothing from 0 to 1",
    );
    expect(() => crossEntropy(logits(), targetsOf(0, 1), { weight: ones([3]) })).toThrow(
      "class weights of [2], got [3]",
    );
  });
});

onEveryRuntime("negativeLogLikelihood", (test) => {
  test("of logSoftmax is cross-entropy", () => {
    const logits = randomNormal([5, 7], { random: new Random(1) });
    const targets = targetsOf(0, 6, 3, -100, 2);
    for (const reduction of ["none", "sum", "mean"] as const) {
      const options = { reduction, labelSmoothing: 0.2 };
      const direct = crossEntropy(logits, targets, options);
      expectClose(negativeLogLikelihood(logSoftmax(logits), targets, options), direct);
    }
  });
});

onEveryRuntime("linearCrossEntropy", (test) => {
  test("refuses what does not fit", () => {
    const targets = targetsOf(0, 1);
    expect(() => linearCrossEntropy(zeros([2, 3]), zeros([4, 2]), targets)).toThrow(
      "x of [..., C] and a weight of [V, C], got [2, 3] and [4, 2]",
    );
    expect(() => linearCrossEntropy(zeros([3, 3]), zeros([4, 3]), targets)).toThrow("got [3, 4] and [2]");
    expect(() => linearCrossEntropy(zeros([2, 3]), zeros([1, 3]), targets)).toThrow("targets from 0 to 0");
  });
});

describe("linearCrossEntropy", () => {
  const runtime = fastRuntime();
  const random = new Random(5);

  /** More than one chunk of rows, the last one of a single row. */
  it("over several chunks equals crossEntropy of the product", () => {
    withRuntime(runtime, () =>
      runtime.scope(() => {
        const [rows, width, classes] = [9, 3, 2 ** 20];
        const x = randomNormal([rows, width], { random: random.fork("x"), requiresGrad: true });
        const weight = randomNormal([classes, width], { random: random.fork("weight"), requiresGrad: true });
        const targets = targetsOf(
          ...Array.from({ length: rows }, (_, i) => (i === 3 ? -100 : (i * 61_681) % classes)),
        );
        const dy = randomNormal([rows], { random: random.fork("dy") });
        const options = { reduction: "none", labelSmoothing: 0.1 } as const;
        const loss = linearCrossEntropy(x, weight, targets, options);
        const whole = crossEntropy(matmul(x, weight, { transposeB: true }), targets, options);
        expectClose(loss, whole.toTypedArray(), { relative: 1e-6 });
        const found = gradientsOf([loss], [dy], [x, weight]);
        gradientsOf([whole], [dy], [x, weight]).forEach((gradient, i) => {
          // Sums of 9 rows, or of 2²⁰ terms of 2⁻²⁰ each, in f32.
          expectClose(found[i]!, gradient!.toTypedArray(), { relative: 1e-4, absolute: 1e-5 });
        });
      }),
    );
  });

  it("peaks at 48 MiB beyond x, weight and their gradients for a head of GPT-2's size", () => {
    runtime.reset();
    // Memory is what is asked here; the products alone would take longer than all other tests of this file.
    const skip = () => {};
    runtime.kernels = { ...runtime.kernels, gemm: skip, gemmAddInto: skip };
    withRuntime(runtime, () => {
      const [rows, width, classes] = [1024, 768, 50_257];
      const x = zeros([rows, width], { requiresGrad: true });
      const weight = zeros([classes, width], { requiresGrad: true });
      const targets = zeros([rows], { dtype: "i32" });
      const mebibyte = 2 ** 20;
      const before = runtime.memoryStats().liveBytes;
      runtime.resetPeak();
      const loss = linearCrossEntropy(x, weight, targets);
      expect(runtime.memoryStats().peakBytes - before).toBeLessThan(48 * mebibyte);
      runtime.resetPeak();
      backward(loss);
      const gradients = x.grad!.byteLength + weight.grad!.byteLength;
      expect(runtime.memoryStats().peakBytes - before - gradients).toBeLessThan(48 * mebibyte);
      loss.dispose();
      // x, weight, targets and two gradients, nothing else.
      expect(runtime.memoryStats().liveTensors).toBe(5);
    });
    runtime.dispose();
  });
});

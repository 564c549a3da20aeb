import { expect } from "vitest";
import { binaryCrossEntropy } from "../../src/ops/binaryCrossEntropy.ts";
import { klDivergence } from "../../src/ops/klDivergence.ts";
import { meanSquaredError } from "../../src/ops/meanSquaredError.ts";
import { smoothL1 } from "../../src/ops/smoothL1.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { lossCases } from "./cases/losses.ts";

opSuite(lossCases);

onEveryRuntime("meanSquaredError", (test) => {
  test("takes the mean, the sum, or nothing, broadcast", () => {
    const prediction = tensor([
      [1, 2],
      [3, 4],
    ]);
    const target = tensor([1, 0]);
    expectClose(meanSquaredError(prediction, target), 6);
    expectClose(meanSquaredError(prediction, target, { reduction: "sum" }), 24);
    expectClose(meanSquaredError(prediction, target, { reduction: "none" }), [
      [0, 4],
      [4, 16],
    ]);
  });

  test("of nothing is NaN in the mean and 0 in the sum", () => {
    const nothing = zeros([0, 3]);
    expect(meanSquaredError(nothing, nothing).item()).toBeNaN();
    expect(meanSquaredError(nothing, nothing, { reduction: "sum" }).item()).toBe(0);
  });

  test("refuses another reduction", () => {
    const reduction = "average" as "mean";
    expect(() => meanSquaredError(zeros([1]), zeros([1]), { reduction })).toThrow(
      'meanSquaredError: wanted a reduction of none, sum, mean, got "average"',
    );
  });
});

onEveryRuntime("smoothL1", (test) => {
  test("is a parabola below beta and a line above", () => {
    const prediction = tensor([0.5, -3, 1]);
    const target = tensor([0, 0, 0]);
    expectClose(smoothL1(prediction, target, { reduction: "none" }), [0.125, 2.5, 0.5]);
    expectClose(smoothL1(prediction, target, { beta: 2, reduction: "none" }), [0.0625, 2, 0.25]);
  });

  test("is the absolute error for beta 0, with gradient 0 at distance 0", () => {
    const prediction = tensor([-2, 0, 3], { requiresGrad: true });
    const loss = smoothL1(prediction, zeros([3]), { beta: 0, reduction: "sum" });
    expectClose(loss, 5);
    expectClose(gradientsOf([loss], [tensor(1)], [prediction])[0]!, [-1, 0, 1]);
  });

  test("refuses a negative beta", () => {
    expect(() => smoothL1(zeros([1]), zeros([1]), { beta: -1 })).toThrow(
      "smoothL1: wanted a beta of 0 or more",
    );
  });
});

onEveryRuntime("binaryCrossEntropy", (test) => {
  test("takes logits", () => {
    const logits = tensor([0, Math.log(3)]);
    expectClose(binaryCrossEntropy(logits, tensor([1, 0]), { reduction: "none" }), [
      Math.log(2),
      Math.log(4),
    ]);
    expectClose(binaryCrossEntropy(logits, tensor([1, 0])), (Math.log(2) + Math.log(4)) / 2);
    expectClose(
      binaryCrossEntropy(logits, tensor([0.5, 0.5]), { reduction: "sum" }),
      Math.log(2) + Math.log(4) - 0.5 * Math.log(3),
    );
  });

  test("keeps small losses of large logits, and takes i32 targets", () => {
    const losses = binaryCrossEntropy(tensor([20, -20, 100]), tensor(Int32Array.of(1, 0, 0)), {
      reduction: "none",
    });
    expectClose(losses, [Math.exp(-20), Math.exp(-20), 100], { absolute: 0 });
  });
});

onEveryRuntime("klDivergence", (test) => {
  test("takes the target first, and 0·log 0 is 0", () => {
    const target = tensor(
      [
        [0.5, 0.5, 0],
        [1, 0, 0],
      ],
      { requiresGrad: true },
    );
    const prediction = tensor(
      [
        [0.25, 0.75, 0],
        [0.5, 0.25, 0.25],
      ],
      { requiresGrad: true },
    );
    const first = 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3);
    const sum = klDivergence(target, prediction);
    expectClose(sum, first + Math.log(2));
    expectClose(klDivergence(target, prediction, { reduction: "batchMean" }), (first + Math.log(2)) / 2);
    expectClose(klDivergence(target, prediction, { reduction: "mean" }), (first + Math.log(2)) / 6);
    expectClose(klDivergence(target, prediction, { reduction: "none" }), [
      [0.5 * Math.log(2), 0.5 * Math.log(2 / 3), 0],
      [Math.log(2), 0, 0],
    ]);
    const [dTarget, dPrediction] = gradientsOf([sum], [tensor(1)], [target, prediction]);
    expectClose(dTarget!, [
      [Math.log(2) + 1, Math.log(2 / 3) + 1, 0],
      [Math.log(2) + 1, 0, 0],
    ]);
    expectClose(dPrediction!, [
      [-2, -2 / 3, 0],
      [-2, 0, 0],
    ]);
  });

  test("is infinite where the prediction rules out what happens, and NaN for NaN", () => {
    expect(klDivergence(tensor([1]), tensor([0])).item()).toBe(Infinity);
    expect(klDivergence(tensor([Number.NaN]), tensor([1])).item()).toBeNaN();
  });

  test("of a single number has a batch of one", () => {
    expectClose(klDivergence(tensor(0.5), tensor(0.25), { reduction: "batchMean" }), 0.5 * Math.log(2));
  });
});

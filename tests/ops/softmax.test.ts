import { expect } from "vitest";
import { logSoftmax } from "../../src/ops/logSoftmax.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { softmaxCases } from "./cases/softmax.ts";

opSuite(softmaxCases);

const hidden = -Infinity;

onEveryRuntime("softmax", (test) => {
  test("gives probabilities along the axis", () => {
    const x = tensor([
      [0, 0],
      [Math.log(3), 0],
    ]);
    expectClose(softmax(x, { axis: 0 }), [
      [0.25, 0.5],
      [0.75, 0.5],
    ]);
    expectClose(softmax(x), [
      [0.5, 0.5],
      [0.75, 0.25],
    ]);
  });

  test("does not overflow", () => {
    expectClose(softmax(tensor([1e4, 1e4, -1e4])), [0.5, 0.5, 0]);
  });

  test("gives 0 and gradient 0 where all is -Infinity, by rule and by definition", () => {
    const dy = tensor([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    for (const createGraph of [false, true]) {
      const x = tensor(
        [
          [hidden, hidden, hidden],
          [hidden, 0, 0],
        ],
        { requiresGrad: true },
      );
      const y = softmax(x);
      expectClose(y, [
        [0, 0, 0],
        [0, 0.5, 0.5],
      ]);
      const [dx] = gradientsOf([y], [dy], [x], { createGraph });
      expectClose(dx!, [
        [0, 0, 0],
        [0, -0.25, 0.25],
      ]);
    }
  });

  test("refuses integers and axes that are not there", () => {
    expect(() => softmax(tensor(Int32Array.of(1, 2)))).toThrow("softmax: wanted floats, got i32");
    expect(() => softmax(tensor([1, 2]), { axis: 1 })).toThrow("softmax: wanted an axis from -1 to 0, got 1");
  });
});

onEveryRuntime("logSoftmax", (test) => {
  test("is the logarithm of softmax", () => {
    const x = tensor([
      [0, 0],
      [Math.log(3), 0],
    ]);
    expectClose(logSoftmax(x, { axis: 0 }), [
      [-Math.log(4), -Math.log(2)],
      [Math.log(0.75), -Math.log(2)],
    ]);
  });

  test("gives -Infinity where all is -Infinity, and passes the gradient on", () => {
    for (const createGraph of [false, true]) {
      const x = tensor([hidden, hidden], { requiresGrad: true });
      const y = logSoftmax(x);
      expect(y.toArray()).toEqual([hidden, hidden]);
      const [dx] = gradientsOf([y], [tensor([1, 2])], [x], { createGraph });
      expect(dx!.toArray()).toEqual([1, 2]);
    }
  });

  test("refuses integers", () => {
    expect(() => logSoftmax(tensor(Int32Array.of(1)))).toThrow("logSoftmax: wanted floats, got i32");
  });
});

import { expect } from "vitest";
import { swiglu } from "../../src/ops/swiglu.ts";
import { tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { swigluCases } from "./cases/swiglu.ts";

opSuite(swigluCases);

onEveryRuntime("swiglu", (test) => {
  test("is gate·sigmoid(gate)·up", () => {
    const sigmoid = 1 / (1 + Math.exp(-2));
    expectClose(swiglu(tensor([0, 2, -2]), tensor([5, 3, 1])), [0, 6 * sigmoid, -2 * (1 - sigmoid)]);
  });

  test("refuses what does not fit", () => {
    expect(() => swiglu(zeros([2]), zeros([1]))).toThrow("gate and up of one shape, got [2] and [1]");
    const whole = zeros([2], { dtype: "i32" });
    expect(() => swiglu(whole, whole)).toThrow("swiglu: wanted floats");
  });
});

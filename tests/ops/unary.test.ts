import { expect } from "vitest";
import {
  abs,
  isFinite as finite,
  floor,
  gelu,
  leakyRelu,
  log,
  logicalNot,
  neg,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  softplus,
  sqrt,
  square,
} from "../../src/ops/index.ts";
import { scope } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradientAt } from "../support/gradientAt.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { unaryCases } from "./cases/unary.ts";

opSuite(unaryCases);

onEveryRuntime("functions of one tensor", (test) => {
  test("round halves to the even neighbour", () => {
    expect(round(tensor([0.5, 1.5, 2.5, -0.5, -1.5])).toArray()).toEqual([0, 2, 2, -0, -2]);
  });

  test("have derivative 0 at the kinks of relu and abs, and the left slope at that of leakyRelu", () => {
    expect(gradientAt(relu, [0, -0, 1]).toArray()).toEqual([0, 0, 1]);
    expect(gradientAt(abs, [0, -2]).toArray()).toEqual([0, -1]);
    expectClose(
      gradientAt((x) => leakyRelu(x), [0, 2]),
      [0.01, 1],
    );
  });

  test("choose rather than multiply, so an infinite gradient stays where it was", () => {
    expect(gradientAt(relu, [-1, 1], [Infinity, Infinity]).toArray()).toEqual([0, Infinity]);
  });

  test("give steps a gradient of zeros, not none", () => {
    for (const step of [sign, floor, round]) expect(gradientAt(step, [0.3, -1.2]).toArray()).toEqual([0, 0]);
  });

  test("leave whole numbers whole", () => {
    const x = tensor(Int32Array.of(-5_000_000, -1, 0, 3));
    const results = [neg, abs, sign, relu, floor, round].map((op) => op(x));
    expect(results.map(({ dtype }) => dtype)).toEqual(results.map(() => "i32"));
    expect(results.map((y) => y.toArray())).toEqual([
      [5_000_000, 1, 0, -3],
      [5_000_000, 1, 0, 3],
      [-1, -1, 0, 1],
      [0, 0, 0, 3],
      [-5_000_000, -1, 0, 3],
      [-5_000_000, -1, 0, 3],
    ]);
    expect(square(tensor(Int32Array.of(46_340))).toArray()).toEqual([46_340 ** 2]);
  });

  test("read whole numbers as floats where the result is none", () => {
    const y = sqrt(tensor(Int32Array.of(4, 9)));
    expect(y.dtype).toBe(y.runtime.floatType);
    expect(y.toArray()).toEqual([2, 3]);
  });

  test("reach their limits far out without overflow", () => {
    const far = [-1e4, 1e4];
    expectClose(sigmoid(tensor(far)), [0, 1]);
    expectClose(softplus(tensor(far)), [0, 1e4]);
    expectClose(silu(tensor(far)), [0, 1e4]);
    expectClose(gelu(tensor(far)), [0, 1e4]);
    expectClose(gelu(tensor(far), { approximate: "tanh" }), [0, 1e4]);
    expectClose(gradientAt(sigmoid, far), [0, 0]);
    expectClose(gradientAt(softplus, far), [0, 1]);
  });

  test("give infinities and NaN where mathematics does", () => {
    expect(log(tensor([0, 1, -1])).toArray()).toEqual([-Infinity, 0, NaN]);
    expect(rsqrt(tensor([0])).toArray()).toEqual([Infinity]);
    expect(gradientAt(sqrt, [0]).toArray()).toEqual([Infinity]);
    expect(finite(tensor([1, Infinity, -Infinity, NaN])).toArray()).toEqual([1, 0, 0, 0]);
    expect(logicalNot(tensor([0, -0, 2, NaN])).toArray()).toEqual([1, 1, 0, 0]);
  });

  test("know two geluses and no third", () => {
    expectClose(gelu(tensor([1])), [0.8413447461]);
    expectClose(gelu(tensor([1]), { approximate: "tanh" }), [0.8411919906]);
    const approximate = "sigmoid" as "tanh";
    expect(() => gelu(tensor([1]), { approximate })).toThrow(
      'gelu: wanted approximate "none" or "tanh", got "sigmoid"',
    );
  });

  test("say that a tensor was freed", () => {
    const x = tensor([1]);
    scope(() => x.dispose());
    expect(() => sigmoid(x)).toThrow("sigmoid: a tensor of shape [1] was already freed");
  });
});

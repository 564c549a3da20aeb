import { expect } from "vitest";
import { mul } from "../../src/ops/mul.ts";
import { rotary } from "../../src/ops/rotary.ts";
import { sum } from "../../src/ops/sum.ts";
import { Random } from "../../src/random.ts";
import { randomNormal, tensor, zeros } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { rotaryCases } from "./cases/rotary.ts";

opSuite(rotaryCases);

onEveryRuntime("rotary", (test) => {
  test("turns number i with number i + D/2", () => {
    const [cosine, sine] = [tensor([0, 0.6]), tensor([1, 0.8])];
    expectClose(rotary(tensor([1, 2, 3, 4]), cosine, sine), [-3, 0.6 * 2 - 0.8 * 4, 1, 0.6 * 4 + 0.8 * 2]);
  });

  test("makes products depend on the distance of the positions alone", () => {
    const random = new Random(4);
    const [q, k] = ["q", "k"].map((name) => randomNormal([6], { random: random.fork(name) }));
    const angle = (position: number, i: number) => (position * (i + 1)) / 3;
    const at = (x: typeof q, position: number) => {
      const table = (f: (x: number) => number) => tensor([0, 1, 2].map((i) => f(angle(position, i))));
      return rotary(x!, table(Math.cos), table(Math.sin));
    };
    const product = (i: number, j: number) => sum(mul(at(q, i), at(k, j))).item();
    expectClose(product(2, 0), product(7, 5), { absolute: 1e-5 });
    expect(Math.abs(product(2, 0) - product(3, 0))).toBeGreaterThan(1e-3);
  });

  test("refuses what does not fit", () => {
    const half = zeros([2]);
    expect(() => rotary(zeros([3]), half, half)).toThrow("x of [..., D], cosine and sine that broadcast");
    expect(() => rotary(zeros([4]), half, zeros([1]))).toThrow("got [4] and [2] and [1]");
    expect(() => rotary(zeros([4]), zeros([2, 2]), zeros([2, 2]))).toThrow("to [..., D/2]");
    expect(() => rotary(zeros([4], { dtype: "i32" }), half, half)).toThrow("rotary: wanted floats, got i32");
  });
});

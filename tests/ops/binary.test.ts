import { expect } from "vitest";
import { RuntimeMismatchError, ShapeError } from "../../src/errors.ts";
import {
  add,
  clamp,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  maskedFill,
  maximum,
  minimum,
  mul,
  notEqual,
  pow,
  sub,
  where,
} from "../../src/ops/index.ts";
import { createRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradientAt, gradientsAt } from "../support/gradientAt.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { binaryCases } from "./cases/binary.ts";

opSuite(binaryCases);

const whole = (...values: number[]) => tensor(Int32Array.from(values));

onEveryRuntime("arithmetic", (test) => {
  test("broadcasts as numpy does", () => {
    const column = tensor([[10], [20]]);
    expect(add(column, tensor([1, 2, 3])).toArray()).toEqual([[11, 12, 13], [21, 22, 23]]); // biome-ignore format: a matrix
    expect(sub(1, tensor([1, 2])).toArray()).toEqual([0, -1]);
    expect(div(tensor([1, 2]), 4).toArray()).toEqual([0.25, 0.5]);
  });

  test("keeps whole numbers whole and wraps them, but divides and raises them as floats", () => {
    expect(add(whole(2 ** 31 - 1), 1).toTypedArray()).toEqual(Int32Array.of(-(2 ** 31)));
    expect(mul(whole(65_537), whole(65_537)).toTypedArray()).toEqual(Int32Array.of(131_073));
    expect(sub(whole(-5_000_000), whole(1)).toTypedArray()).toEqual(Int32Array.of(-5_000_001));
    expect(div(whole(1), whole(2)).toArray()).toEqual([0.5]);
    expectClose(pow(whole(2), -1), [0.5]);
    expect(add(whole(1), 0.5).toArray()).toEqual([1.5]);
    expect(mul(whole(3), tensor([0.5])).toArray()).toEqual([1.5]);
  });

  test("gives powers of 0 the gradients that PyTorch gives them", () => {
    const bases = [0, 0, 0, 2];
    const exponents = [0, 1, 2, 0];
    const [dBase, dExponent] = gradientsAt(pow, [bases, exponents]);
    expect(dBase!.toArray()).toEqual([0, 1, 0, 0]);
    expectClose(dExponent!, [0, 0, 0, Math.log(2)]);
    expect(gradientAt((x) => pow(x, 0), [0, 3]).toArray()).toEqual([0, 0]);
    expect(gradientAt((x) => pow(2, x), [0]).toArray()[0 as never]).toBeCloseTo(Math.log(2), 6);
  });

  test("raises negative bases to whole exponents only", () => {
    expectClose(pow(tensor([-2, -2, -2]), tensor([3, -1, 0.5])), [-8, -0.5, NaN]);
  });

  test("refuses what does not fit", () => {
    expect(() => add(tensor([1, 2]), tensor([1, 2, 3]))).toThrow(
      new ShapeError("add", "shapes that broadcast", [2], [3]),
    );
    expect(() => mul(1, 2)).toThrow("mul: wanted a tensor among the operands, got [1, 2]");
    expect(() => sub(tensor([1]), "1" as unknown as number)).toThrow(
      'sub: wanted tensors or numbers, got "1"',
    );
    const other = createRuntime({ backend: referenceBackend() });
    expect(() => div(tensor([1]), tensor([1], { runtime: other }))).toThrow(RuntimeMismatchError);
    other.dispose();
  });
});

onEveryRuntime("maximum, minimum and clamp", (test) => {
  test("send the gradient of a tie to the first", () => {
    for (const op of [maximum, minimum]) {
      const [da, db] = gradientsAt(op, [[1, 2], [1, 2]], [3, 4]); // biome-ignore format: a matrix
      expect([da!.toArray(), db!.toArray()]).toEqual([[3, 4], [0, 0]]); // biome-ignore format: a matrix
    }
  });

  test("pass NaN on", () => {
    expect(maximum(tensor([NaN, 1]), tensor([1, NaN])).toArray()).toEqual([NaN, NaN]);
    expect(clamp(tensor([NaN]), { min: 0, max: 1 }).toArray()).toEqual([NaN]);
  });

  test("compare whole numbers exactly", () => {
    expect(maximum(whole(16_777_216), whole(16_777_217)).toArray()).toEqual([16_777_217]);
    expect(clamp(whole(-5_000_001, 7), { min: -5_000_000, max: 3 }).toTypedArray()).toEqual(
      Int32Array.of(-5_000_000, 3),
    );
  });

  test("let the gradient pass on the borders of clamp", () => {
    const within = (x: Parameters<typeof clamp>[0]) => clamp(x, { min: -1, max: 1 });
    expect(gradientAt(within, [-1.5, -1, 0, 1, 1.5]).toArray()).toEqual([0, 1, 1, 1, 0]);
    expect(clamp(tensor([0, 5]), { min: 3, max: 2 }).toArray()).toEqual([2, 2]);
    expect(() => clamp(tensor([1]), {})).toThrow("clamp: wanted min or max, got");
  });
});

onEveryRuntime("comparisons", (test) => {
  test("give the floats 0 and 1 without a gradient", () => {
    const a = tensor([1, 2, 3], { requiresGrad: true });
    const results = [equal, notEqual, less, lessEqual, greater, greaterEqual].map((op) => op(a, 2));
    expect(results.map((y) => y.toArray())).toEqual([
      [0, 1, 0],
      [1, 0, 1],
      [1, 0, 0],
      [1, 1, 0],
      [0, 0, 1],
      [0, 1, 1],
    ]);
    for (const y of results) expect([y.dtype, y.requiresGrad]).toEqual([y.runtime.floatType, false]);
  });

  test("tell whole numbers apart that are one float", () => {
    const a = whole(16_777_216);
    const b = whole(16_777_217);
    const results = [equal, notEqual, less, lessEqual, greater, greaterEqual].map((op) => op(a, b).item());
    expect(results).toEqual([0, 1, 1, 1, 0, 0]);
    expect(equal(a, 16_777_217).item()).toBe(0);
  });

  test("know that NaN equals nothing", () => {
    const x = tensor([NaN]);
    const results = [equal, notEqual, less, lessEqual, greater, greaterEqual].map((op) => op(x, x).item());
    expect(results).toEqual([0, 1, 0, 0, 0, 0]);
  });

  test("combine by logic", () => {
    const a = tensor([0, 0, -2, NaN]);
    const b = whole(0, 3, 3, 0);
    expect(logicalAnd(a, b).toArray()).toEqual([0, 0, 1, 0]);
    expect(logicalOr(a, b).toArray()).toEqual([0, 1, 1, 1]);
  });
});

onEveryRuntime("where and maskedFill", (test) => {
  test("choose, whatever stands on the other side", () => {
    const condition = tensor([1, 0, NaN]);
    expect(where(condition, tensor([1, NaN, 3]), tensor([Infinity, 5, NaN])).toArray()).toEqual([1, 5, 3]);
    const [da, db] = gradientsAt((a, b) => where(condition, a, b), [[1, 2, 3], 7], [1, Infinity, 1]);
    expect(da!.toArray()).toEqual([1, 0, 1]);
    expect(db!.toArray()).toEqual(Infinity);
  });

  test("keep whole numbers whole where both sides are", () => {
    const condition = whole(1, 0, -5_000_000);
    const y = where(condition, whole(2 ** 31 - 1, 1, -5_000_000), 0);
    expect(y.toTypedArray()).toEqual(Int32Array.of(2 ** 31 - 1, 0, -5_000_000));
    expect(where(condition, 1, 0).dtype).toBe(condition.runtime.floatType);
    expect(where(condition, whole(1), 0.5).toArray()).toEqual([1, 0.5, 1]);
    expect(maskedFill(whole(1, 2, 3), condition, -1).toTypedArray()).toEqual(Int32Array.of(-1, 2, -1));
  });

  test("fill no more than x holds", () => {
    const x = tensor([1, 2]);
    expect(maskedFill(x, tensor([0, 1]), -Infinity).toArray()).toEqual([1, -Infinity]);
    expect(() =>
      maskedFill(
        x,
        tensor([
          [1, 0],
          [0, 1],
        ]),
        0,
      ),
    ).toThrow(
      // biome-ignore format: a matrix
      new ShapeError("maskedFill", "a mask that broadcasts to [2]", [2, 2]),
    );
    expect(() => where(tensor([1, 1, 1]), x, x)).toThrow("where: wanted shapes that broadcast");
  });
});

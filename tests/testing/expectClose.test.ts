import { describe, expect, it } from "vitest";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onExact } from "../support/onExact.ts";

describe("expectClose", () => {
  it(
    "takes tensors, numbers, nested arrays and typed arrays",
    onExact(() => {
      expectClose(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        [
          [1, 2],
          [3, 4.00001],
        ],
      );
      expectClose(tensor(5), 5);
      expectClose([[1, 2]], tensor([[1, 2]]));
      expectClose(tensor([[1, 2]]), Float32Array.of(1, 2));
      expectClose(Float32Array.of(1), Float64Array.of(1));
      expectClose([], tensor([]));
      expectClose(tensor(Int32Array.of(3)), [3]);
    }),
  );

  it("names the worst element, its index, both values and how far they are apart", () => {
    const far = () =>
      expectClose(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [
          [1, 2.5, 3],
          [4, 8, 6],
        ],
      );
    expect(far).toThrow(
      "expectClose: 2 of 6 elements differ; worst at [1, 1]: got 5, wanted 8 (off by 3.0e+0, allowed 8.1e-5)",
    );
  });

  it("compares shapes", () => {
    expect(() => expectClose([1, 2], [[1, 2]])).toThrow("got shape [2], wanted shape [1, 2]");
    expect(() => expectClose(Float32Array.of(1), [1, 2])).toThrow("got 1 elements, wanted shape [2]");
    expect(() => expectClose([1, 2], Float32Array.of(1))).toThrow("got shape [2], wanted 1 elements");
    expect(() => expectClose([[1], [1, 2]], 1)).toThrow(/ragged/);
  });

  it("knows NaN and infinities", () => {
    expectClose([Number.NaN, Infinity, -Infinity], [Number.NaN, Infinity, -Infinity]);
    expect(() => expectClose([Number.NaN], [1])).toThrow(/got NaN, wanted 1/);
    expect(() => expectClose([1], [Number.NaN])).toThrow(/wanted NaN/);
    expect(() => expectClose([Infinity], [-Infinity])).toThrow(/got Infinity/);
    expect(() => expectClose([Infinity], [1e30])).toThrow();
  });

  it("has both tolerances", () => {
    expectClose(1.01, 1, { relative: 0.02 });
    expectClose(0.01, 0, { absolute: 0.02 });
    expect(() => expectClose(1.01, 1, { relative: 0 })).toThrow();
    expect(() => expectClose(1.01, 1, { absolute: 0.001 })).toThrow();
  });

  it("shows the line of the test that called", () => {
    try {
      expectClose(1, 2);
    } catch (error) {
      expect((error as Error).stack!.split("\n")[1]).toMatch(/expectClose\.test\.ts/);
      return;
    }
    expect.unreachable();
  });
});

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { reshape } from "../../src/ops/index.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { arange, full, tensor, zeros } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { fastRuntime } from "../support/runtimes.ts";

/** What a tensor prints as, in f32. */
function printed(make: () => Tensor): string {
  const runtime = fastRuntime();
  const text = withRuntime(runtime, () => runtime.scope(() => String(make())));
  runtime.dispose();
  return text;
}

describe("printing", () => {
  it("aligns columns and shows no more digits than needed", () => {
    expect(printed(() => tensor(3))).toBe("tensor(3.)");
    expect(printed(() => tensor([1, 2.5, -3]))).toBe("tensor([ 1.0000,  2.5000, -3.0000])");
    expect(
      printed(() =>
        tensor([
          [1, 2],
          [3, 40],
        ]),
      ),
    ).toBe("tensor([[ 1.,  2.],\n        [ 3., 40.]])");
    expect(printed(() => tensor([1e10, 1]))).toBe("tensor([1.0000e+10,  1.0000e+0])");
    expect(printed(() => tensor([-1e-5]))).toBe("tensor([-1.0000e-5])");
  });

  it("leaves a line between matrices", () => {
    const text = printed(() => reshape(arange(8), [2, 2, 2]));
    expect(text).toBe("tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]], i32)");
  });

  it("says what cannot be seen: i32, a gradient wanted, the shape of nothing", () => {
    expect(printed(() => arange(3))).toBe("tensor([0, 1, 2], i32)");
    expect(printed(() => tensor([0.5], { requiresGrad: true }))).toBe("tensor([0.5000], requiresGrad)");
    expect(printed(() => tensor([]))).toBe("tensor([])");
    expect(printed(() => zeros([0, 3]))).toBe("tensor([], shape [0, 3])");
  });

  it("shows what is not finite", () => {
    expect(printed(() => tensor([Number.NaN, Infinity, -1.5]))).toBe("tensor([    nan,     inf, -1.5000])");
  });

  it("shortens what is long", () => {
    expect(printed(() => arange(2000))).toBe("tensor([   0,    1,    2, ..., 1997, 1998, 1999], i32)");
    const lines = printed(() => full([40, 30], 1.5)).split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe("tensor([[1.5000, 1.5000, 1.5000, ..., 1.5000, 1.5000, 1.5000],");
    expect(lines[3]).toBe("        ...,");
  });

  it("is what console.log shows in Node", () => {
    expect(printed(() => tensor([1]))).toBe(
      withRuntime(fastRuntime(), () => inspect({ x: tensor([1]) }).replace(/^\{ x: (.*) \}$/, "$1")),
    );
  });
});

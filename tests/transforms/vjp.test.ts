import { describe, expect, it } from "vitest";
import { exp, mul, reshape, sum } from "../../src/ops/index.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { grad } from "../../src/transforms/grad.ts";
import { vjp } from "../../src/transforms/vjp.ts";
import { onExact } from "../support/onExact.ts";

describe("vjp", () => {
  it(
    "pulls back as often as one likes",
    onExact(() => {
      const [y, pullback] = vjp((a: Tensor, b: Tensor) => mul(exp(a), b), [tensor([0, 0]), tensor([3, 4])]);
      expectClose(y, [3, 4]);
      expect(y.requiresGrad).toBe(false);
      for (const scale of [1, 2]) {
        const [da, db] = pullback(tensor([scale, 10 * scale]));
        expectClose(da, [3 * scale, 40 * scale]);
        expectClose(db, [scale, 10 * scale]);
      }
    }),
  );

  it(
    "takes and gives structures",
    onExact(() => {
      const f = ({ x }: { readonly x: Tensor }) => ({ twice: mul(x, 2), parts: [reshape(x, [2, 1])] });
      const [y, pullback] = vjp(f, [{ x: tensor([1, 2]) }]);
      expectClose(y.parts[0]!, [[1], [2]]);
      const [{ x: dx }] = pullback({ twice: tensor([1, 1]), parts: [tensor([[10], [20]])] });
      expectClose(dx, [12, 22]);
    }),
  );

  it(
    "keeps the graph, not the intermediate handles",
    onExact((runtime) => {
      const x = tensor([1, 2]);
      const before = runtime.memoryStats().liveTensors;
      const [y, pullback] = vjp((z: Tensor) => exp(mul(exp(mul(z, 0.1)), 0.1)), [x]);
      // y, its recorded twin, and the stand-in for x.
      expect(runtime.memoryStats().liveTensors).toBe(before + 3);
      const [dx] = pullback(y);
      expect(dx.shape).toEqual([2]);
      expect(runtime.memoryStats().liveTensors).toBe(before + 4);
    }),
  );

  it(
    "is differentiable inside another transform, in its arguments and its cotangent",
    onExact(() => {
      // Σ u·(2x) with u = x: x² + x², whose gradient is 4x.
      const f = (x: Tensor) => {
        const [, pullback] = vjp((z: Tensor) => mul(z, z), [x]);
        return sum(pullback(x)[0]);
      };
      expectClose(grad(f)(tensor([3, 5])), [12, 20]);
    }),
  );

  it(
    "refuses cotangents that do not fit",
    onExact(() => {
      const [, pullback] = vjp((x: Tensor) => exp(x), [tensor([1, 2])]);
      expect(() => pullback(tensor([1]))).toThrow(/same shape/);
      expect(() => pullback(undefined as never)).toThrow(/a tensor for each/);
    }),
  );
});

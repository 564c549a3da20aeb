import { describe, expect, it } from "vitest";
import { exp, matmul, mul, reshape, sum } from "../../src/ops/index.ts";
import { tensor, zeros } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { grad } from "../../src/transforms/grad.ts";
import { jacobian } from "../../src/transforms/jacobian.ts";
import { onExact } from "../support/onExact.ts";

describe("jacobian", () => {
  it(
    "has the axes of the result, then those of the argument",
    onExact((runtime) => {
      const x = tensor([[1, 2, 3]]);
      const f = (z: Tensor) =>
        reshape(
          matmul(
            z,
            tensor([
              [1, 2],
              [3, 4],
              [5, 6],
            ]),
          ),
          [2],
        );
      expectClose(jacobian(f)(x), [[[1, 3, 5]], [[2, 4, 6]]]);
      expect(runtime.memoryStats().liveTensors).toBe(2);
    }),
  );

  it(
    "of scalars, of constants and of nothing",
    onExact(() => {
      expectClose(jacobian((x: Tensor) => mul(x, x))(tensor(3)), 6);
      expectClose(jacobian(() => tensor([1, 2]))(tensor([3])), [[0], [0]]);
      expect(jacobian((x: Tensor) => exp(x))(zeros([0])).shape).toEqual([0, 0]);
    }),
  );

  it(
    "refuses what returns no tensor",
    onExact(() => {
      expect(() => jacobian((_: Tensor) => [] as never)(tensor([1]))).toThrow(/return a tensor/);
    }),
  );

  it(
    "is differentiable",
    onExact(() => {
      // The sum of the Jacobian of eˣ is Σ eˣ.
      expectClose(grad((x: Tensor) => sum(jacobian((z: Tensor) => exp(z))(x)))(tensor([0, 1])), [1, Math.E]);
    }),
  );
});

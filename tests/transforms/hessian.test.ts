import { describe, it } from "vitest";
import { exp, matmul, mul, sum } from "../../src/ops/index.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { hessian } from "../../src/transforms/hessian.ts";
import { onExact } from "../support/onExact.ts";

describe("hessian", () => {
  it(
    "of a quadratic form is the sum of its matrix and the transposed one",
    onExact(() => {
      const a = tensor([
        [1, 2],
        [5, 4],
      ]);
      const f = (x: Tensor) => sum(mul(x, matmul(a, x)));
      expectClose(hessian(f)(tensor([0.3, -2])), [
        [2, 7],
        [7, 8],
      ]);
    }),
  );

  it(
    "has the argument's axes twice",
    onExact(() => {
      const x = tensor([[0, 1]]);
      expectClose(hessian((z: Tensor) => sum(exp(z)))(x), [[[[1, 0]], [[0, Math.E]]]]);
    }),
  );
});

import { describe, it } from "vitest";
import { exp, mul, sum } from "../../src/ops/index.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { grad } from "../../src/transforms/grad.ts";
import { hessian } from "../../src/transforms/hessian.ts";
import { hvp } from "../../src/transforms/hvp.ts";
import { onExact } from "../support/onExact.ts";

const f = (x: Tensor) => exp(sum(mul(mul(x, x), x)));

describe("hvp", () => {
  it(
    "is the Hessian times the vector",
    onExact(() => {
      const x = tensor([0.5, -0.3, 0.2]);
      const v = tensor([1, 2, -1]);
      const rows = hessian(f)(x).toArray() as number[][];
      const product = rows.map((row) => row[0]! + 2 * row[1]! - row[2]!);
      expectClose(hvp(f, x, v), product);
    }),
  );

  it(
    "takes structures, and gives zeros where the gradient is constant",
    onExact(() => {
      const g = ({ a, b }: { readonly a: Tensor; readonly b: Tensor }) => sum(mul(a, b));
      const at = { a: tensor([1, 2]), b: tensor([3, 4]) };
      const { a, b } = hvp(g, at, { a: tensor([5, 6]), b: tensor([7, 8]) });
      expectClose(a, [7, 8]);
      expectClose(b, [5, 6]);
      expectClose(
        hvp((x: Tensor) => sum(mul(x, 3)), tensor([1, 2]), tensor([1, 1])),
        [0, 0],
      );
    }),
  );

  it(
    "takes a model and a direction by path; what is left out stands still",
    onExact(() => {
      class Model {
        readonly a = tensor([1, 2], { requiresGrad: true });
        readonly b = tensor([3, 4], { requiresGrad: true });
      }
      const product = hvp((m: Model) => sum(mul(m.a, m.b)), new Model(), { b: tensor([7, 8]) });
      expectClose(product.a!, [7, 8]);
      expectClose(product.b!, [0, 0]);
    }),
  );

  it(
    "of a constant is zero",
    onExact(() => {
      expectClose(
        hvp((_: Tensor) => tensor(5), tensor([1]), tensor([1])),
        [0],
      );
    }),
  );

  it(
    "is differentiable",
    onExact(() => {
      // H = 6x, so Hv = 6xv, whose sum has the gradient 6v.
      const third = grad((x: Tensor) => sum(hvp((z: Tensor) => sum(mul(mul(z, z), z)), x, tensor([1, 2]))));
      expectClose(third(tensor([4, 5])), [6, 12]);
    }),
  );
});

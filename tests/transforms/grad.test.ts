import { describe, expect, it } from "vitest";
import { add, exp, gelu, matmul, mul, sum } from "../../src/ops/index.ts";
import { noGrad } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import { grad } from "../../src/transforms/grad.ts";
import { onExact } from "../support/onExact.ts";

const cube = (x: Tensor) => mul(mul(x, x), x);

describe("grad", () => {
  it(
    "of one argument gives its gradient, of several a list",
    onExact(() => {
      expectClose(grad(cube)(tensor(2)), 12);
      const [da, db] = grad((a: Tensor, b: Tensor) => sum(mul(a, exp(b))))(tensor([1, 2]), tensor([0, 0]));
      expectClose(da, [1, 1]);
      expectClose(db, [1, 2]);
    }),
  );

  it(
    "mirrors arrays and records; what is no float tensor has gradient zero or null",
    onExact(() => {
      interface Parameters {
        readonly [name: string]: Tensor;
      }
      const loss = (p: Parameters, [a, b]: readonly [Tensor, Tensor], ids: Tensor, scale: number) =>
        sum(mul(add(mul(p.weight!, a), mul(b, ids)), scale));
      const [dp, [da, db], dIds, dScale] = grad(loss)(
        { weight: tensor([1, 2]), unused: tensor([7]) },
        [tensor([3, 4]), tensor([5, 6])],
        tensor(Int32Array.of(1, 2)),
        10,
      );
      expectClose(dp.weight!, [30, 40]);
      expectClose(dp.unused!, [0]);
      expectClose(da, [10, 20]);
      expectClose(db, [10, 20]);
      expectClose(dIds, [0, 0]);
      expect(dScale).toBeNull();
    }),
  );

  it(
    "of a grad, and of a grad of a grad, also through fused ops",
    onExact(() => {
      expectClose(grad(grad(cube))(tensor(2)), 12);
      expectClose(grad(grad(grad(cube)))(tensor(2)), 6);
      const slope = (x: Tensor) => grad((z: Tensor) => sum(gelu(z)))(x);
      gradcheck(() => ({ f: slope, inputs: [tensor([0.3, -1.2])] }), { order: 1 });
      const curvature = (x: Tensor) => grad((z: Tensor) => sum(slope(z)))(x);
      const h = 1e-5;
      const numeric = (sum(slope(tensor(0.3 + h))).item() - sum(slope(tensor(0.3 - h))).item()) / (2 * h);
      expectClose(curvature(tensor(0.3)), numeric, { relative: 1e-8 });
    }),
  );

  it(
    "sees what an inner function closes over",
    onExact(() => {
      // d/dx of (d/dz x²z³ at z = x), which is 3x⁴.
      const f = (x: Tensor) => grad((z: Tensor) => mul(mul(x, x), cube(z)))(x);
      expectClose(grad(f)(tensor(2)), 3 * 4 * 8);
    }),
  );

  it(
    "differentiates arguments alone: neither captured leaves nor the other argument",
    onExact(() => {
      const captured = tensor(5, { requiresGrad: true });
      const x = tensor(3, { requiresGrad: true });
      expectClose(grad((z: Tensor) => mul(z, mul(captured, x)))(x), 15);
      expect(captured.grad).toBeNull();
      expect(x.grad).toBeNull();
      const [da, db] = grad((a: Tensor, b: Tensor) => mul(a, b))(x, x);
      expectClose(da, 3);
      expectClose(db, 3);
    }),
  );

  it(
    "gives results without a graph, and keeps nothing else alive",
    onExact((runtime) => {
      const x = tensor([1, 2]);
      const before = runtime.memoryStats().liveTensors;
      const dx = grad((z: Tensor) => sum(exp(exp(z))))(x);
      expect(dx.requiresGrad).toBe(false);
      expect(runtime.memoryStats().liveTensors).toBe(before + 1);
    }),
  );

  it(
    "gives gradients that share nothing",
    onExact(() => {
      const [da, db] = grad((a: Tensor, b: Tensor) => sum(add(a, b)))(tensor([1, 2]), tensor([3, 4]));
      expect(da.storage).not.toBe(db.storage);
    }),
  );

  it(
    "works under noGrad, and inside it costs no graph",
    onExact(() => {
      expectClose(
        noGrad(() => grad(cube)(tensor(2))),
        12,
      );
      const outer = grad((x: Tensor) =>
        mul(
          x,
          noGrad(() => grad(cube)(x)),
        ),
      );
      expectClose(outer(tensor(2)), 12);
    }),
  );

  it(
    "with createGraph reaches backward: a gradient penalty",
    onExact(() => {
      const weight = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { requiresGrad: true },
      );
      const x = tensor([[1, -1]]);
      const slope = grad((z: Tensor) => sum(exp(matmul(z, weight))), { createGraph: true })(x);
      backward(sum(mul(slope, slope)));
      const penalty = (w: Tensor) => {
        const g = grad((z: Tensor) => sum(exp(matmul(z, w))))(x);
        return sum(mul(g, g));
      };
      expectClose(weight.grad!, grad(penalty)(weight));
    }),
  );

  it(
    "refuses what is not one number",
    onExact(() => {
      expect(() => grad((x: Tensor) => x)(tensor([1, 2]))).toThrow(/one element, got \[2\]/);
      expect(() => grad((_: Tensor) => 1 as never)(tensor([1, 2]))).toThrow(/return a tensor/);
    }),
  );

  it(
    "frees everything when the function throws",
    onExact(() => {
      const broken = (x: Tensor): Tensor => {
        exp(x);
        throw new Error("broken");
      };
      expect(() => grad(broken)(tensor([1]))).toThrow("broken");
      expect(() => grad((x: Tensor) => grad(broken)(x))(tensor([1]))).toThrow("broken");
      expectClose(grad(cube)(tensor(1)), 3);
    }),
  );
});

import { describe, expect, it } from "vitest";
import { exp, gelu, matmul, mul, sum } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { grad } from "../../src/transforms/grad.ts";
import { jvp } from "../../src/transforms/jvp.ts";
import { onExact } from "../support/onExact.ts";

const draw = (shape: readonly number[], name: string) =>
  randomNormal(shape, { random: new Random(3).fork(name) });

describe("jvp", () => {
  it(
    "pushes tangents forward",
    onExact((runtime) => {
      const before = runtime.memoryStats().liveTensors;
      const inputs = [tensor([0, 1]), tensor([3, 4])] as const;
      const tangents = [tensor([1, 2]), tensor([10, 20])] as const;
      const [y, dy] = jvp((a: Tensor, b: Tensor) => mul(exp(a), b), inputs, tangents);
      const e = Math.E;
      expectClose(y, [3, 4 * e]);
      expectClose(dy, [3 + 10, e * (2 * 4 + 20)]);
      expect(y.requiresGrad || dy.requiresGrad).toBe(false);
      expect(runtime.memoryStats().liveTensors).toBe(before + 6);
    }),
  );

  it(
    "agrees with a finite difference, through fused ops",
    onExact(() => {
      const w = draw([3, 4], "w");
      const f = (x: Tensor) => gelu(matmul(x, w));
      const x = draw([2, 3], "x");
      const v = draw([2, 3], "v");
      const h = 1e-5;
      const at = (t: number) =>
        f(
          tensor(
            x.toTypedArray().map((value, i) => value + t * v.toTypedArray()[i]!),
            x,
          ),
        );
      const after = at(h).toTypedArray();
      const before = at(-h).toTypedArray();
      const numeric = after.map((value, i) => (value - before[i]!) / (2 * h));
      expectClose(jvp(f, [x], [v])[1], numeric, { relative: 1e-6 });
    }),
  );

  it(
    "gives zeros where nothing depends on the argument",
    onExact(() => {
      expectClose(jvp((_: Tensor) => tensor([5]), [tensor([1, 2])], [tensor([1, 1])])[1], [0]);
    }),
  );

  it(
    "refuses tangents that do not fit, and what returns no tensor",
    onExact(() => {
      const f = (x: Tensor) => exp(x);
      expect(() => jvp(f, [tensor([1])], [tensor([1, 2])])).toThrow(/same shape, got \[1\] and \[2\]/);
      expect(() => jvp(f, [tensor([1])], [] as never)).toThrow(/a tensor for each/);
      expect(() => jvp((_: Tensor) => 1 as never, [tensor([1])], [tensor([1])])).toThrow(/return a tensor/);
    }),
  );

  it(
    "is differentiable",
    onExact(() => {
      const x = tensor([1, 2]);
      // d/dx Σ (eˣ·x) = eˣ(1 + x)
      const f = (z: Tensor) => sum(jvp((u: Tensor) => exp(u), [z], [z])[1]);
      expectClose(grad(f)(x), [2 * Math.E, 3 * Math.E ** 2]);
    }),
  );
});

import { describe, expect, it } from "vitest";
import { add, assign, exp, mul, neg, reshape, sum } from "../../src/ops/index.ts";
import { noGrad, scope } from "../../src/runtime/default.ts";
import { backward, gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { type Rule, record } from "../../src/tensor/record.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onExact } from "../support/onExact.ts";

const leaf = (data: Parameters<typeof tensor>[0]) => tensor(data, { requiresGrad: true });

describe("gradients that meet", () => {
  it(
    "x + x",
    onExact(() => {
      const x = leaf([1, 2]);
      backward(sum(add(x, x)));
      expectClose(x.grad!, [2, 2]);
    }),
  );

  it(
    "x² + x³",
    onExact(() => {
      const x = leaf([2, -1]);
      backward(sum(add(mul(x, x), mul(mul(x, x), x))));
      expectClose(x.grad!, [16, 1]);
    }),
  );

  it(
    "f(x, x, x) in one op",
    onExact(() => {
      const x = leaf([2, 3]);
      backward(sum(product(x, x, x)));
      expectClose(x.grad!, [12, 27]);
    }),
  );

  it(
    "two reshapes of one tensor, with different cotangents",
    onExact(() => {
      const x = leaf([1, 2, 3, 4]);
      const rows = mul(
        reshape(x, [2, 2]),
        tensor([
          [1, 10],
          [100, 1000],
        ]),
      );
      const column = mul(reshape(x, [4, 1]), tensor([[1], [2], [3], [4]]));
      backward(add(sum(rows), sum(column)));
      expectClose(x.grad!, [2, 12, 103, 1004]);
    }),
  );

  it(
    "two tensors that get the very same dy are independent afterwards",
    onExact(() => {
      const a = leaf([1, 2]);
      const b = leaf([3, 4]);
      for (let i = 0; i < 2; i++) scope(() => backward(add(a, b), tensor([1, 5])));
      expectClose(a.grad!, [2, 10]);
      expectClose(b.grad!, [2, 10]);
      assign(a.grad!, tensor([0, 0]));
      expectClose(b.grad!, [2, 10]);
    }),
  );

  it(
    "does not change the gradient it is given",
    onExact(() => {
      const x = leaf([1, 2]);
      const dy = tensor([3, 4]);
      backward(add(x, x), dy);
      backward(x, dy);
      expectClose(dy, [3, 4]);
      expectClose(x.grad!, [9, 12]);
    }),
  );

  it(
    "adds up over calls, until the gradient is cleared",
    onExact(() => {
      const x = leaf([3]);
      backward(mul(x, x));
      backward(mul(x, 2));
      expectClose(x.grad!, [8]);
      x.grad = null;
      expect(x.grad).toBeNull();
      backward(x);
      expectClose(x.grad!, [1]);
    }),
  );
});

/** abc with a rule that may be asked for some of its gradients only. */
function product(a: Tensor, b: Tensor, c: Tensor): Tensor {
  return record(
    noGrad(() => mul(mul(a, b), c)),
    productRule,
    { inputs: [a, b, c], saved: [a, b, c] },
  );
}

const productRule: Rule = {
  op: "product",
  backward: ([dy], { saved: [a, b, c] }) => [
    mul(dy!, mul(b!, c!)),
    mul(dy!, mul(a!, c!)),
    mul(dy!, mul(a!, b!)),
  ],
};

describe("the walk", () => {
  it(
    "goes through 100,000 nodes without a deep stack, and frees them",
    onExact((runtime) => {
      const x = leaf([1]);
      const y = scope(() => {
        let chain: Tensor = x;
        for (let i = 0; i < 100_000; i++) {
          const next = add(chain, 1);
          if (chain !== x) chain.dispose();
          chain = next;
        }
        return chain;
      });
      backward(y);
      expectClose(x.grad!, [1]);
      y.dispose();
      expect(runtime.memoryStats().liveTensors).toBe(2);
    }),
  );

  it(
    "frees 100,000 nodes that backward never saw",
    onExact((runtime) => {
      const x = leaf([1]);
      let chain: Tensor = exp(x);
      for (let i = 0; i < 100_000; i++) {
        const next = neg(chain);
        chain.dispose();
        chain = next;
      }
      chain.dispose();
      expect(runtime.memoryStats().liveTensors).toBe(1);
    }),
  );

  it(
    "goes on where every handle but the last is gone",
    onExact(() => {
      const x = leaf([2]);
      const loss = scope(() => sum(exp(mul(exp(mul(x, 2)), 0.1))));
      backward(loss);
      const inner = Math.exp(4);
      expectClose(x.grad!, [Math.exp(inner / 10) * (inner / 10) * 2]);
    }),
  );

  it(
    "gives no gradient to what nobody can read any more",
    onExact(() => {
      const y = scope(() => mul(leaf([2]), leaf([3])));
      backward(y);
    }),
  );

  it(
    "stops at what is detached or was made under noGrad",
    onExact(() => {
      const x = leaf([2]);
      expect(noGrad(() => mul(x, x)).requiresGrad).toBe(false);
      backward(
        mul(
          x,
          noGrad(() => exp(x)),
        ),
      );
      expectClose(x.grad!, [Math.exp(2)]);
    }),
  );

  it(
    "asks a rule only for what is needed",
    onExact(() => {
      const asked: boolean[][] = [];
      const rule: Rule = {
        op: "watch",
        backward: ([dy], { needs }) => {
          asked.push([...needs]);
          return [dy!, null];
        },
      };
      const x = leaf([1]);
      const y = record(add(x, 0), rule, { inputs: [x, tensor([1])] });
      backward(y);
      expect(asked).toEqual([[true, false]]);
    }),
  );

  it(
    "finds gradients of inner tensors without touching any leaf",
    onExact(() => {
      const x = leaf([2]);
      const h = mul(x, 3);
      const y = mul(h, h);
      const [dh, unrelated] = gradientsOf([y], [tensor([1])], [h, leaf([1])]);
      expectClose(dh!, [12]);
      expect(unrelated).toBeNull();
      expect(x.grad).toBeNull();
    }),
  );

  it(
    "differentiates a definition where a rule has nothing else, and frees what that took",
    onExact((runtime) => {
      const rule: Rule<number> = {
        op: "composed",
        definition: ([a, b], factor) => [mul(mul(exp(a!), b!), factor)],
      };
      const f = (a: Tensor, b: Tensor) =>
        record(
          noGrad(() => mul(mul(exp(a), b), 3)),
          rule,
          { inputs: [a, b], constants: 3 },
        );
      const [a, b] = [leaf([0, 1]), tensor([4, 5])];
      const y = f(a, b);
      const before = runtime.memoryStats().liveTensors;
      backward(sum(y));
      expectClose(a.grad!, [12, 15 * Math.E]);
      expect(runtime.memoryStats().liveTensors).toBe(before + 2);
      const c = leaf([1]);
      backward(f(c, c));
      expectClose(c.grad!, [6 * Math.E]);
    }),
  );

  it(
    "takes several outputs of one op, of which one is used",
    onExact(() => {
      const rule: Rule = {
        op: "both",
        backward: ([da, db], { saved: [, b] }) => [da ? mul(da, b!) : mul(db!, 7)],
      };
      const pair = (x: Tensor) => {
        const outputs = noGrad(() => [mul(x, 5), mul(x, 7)]);
        return record(outputs, rule, { inputs: [x], saved: outputs });
      };
      const x = leaf([2]);
      backward(pair(x)[1]!);
      expectClose(x.grad!, [7]);
      x.grad = null;
      backward(pair(x)[0]!);
      expectClose(x.grad!, [14]);
    }),
  );
});

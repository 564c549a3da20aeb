import { describe, expect, it } from "vitest";
import { add, exp, mul, neg, sum } from "../../src/ops/index.ts";
import { backward } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import { customGrad } from "../../src/transforms/customGrad.ts";
import { grad } from "../../src/transforms/grad.ts";
import { onExact } from "../support/onExact.ts";

const reverseGradient = customGrad({
  op: "reverseGradient",
  forward: (x: Tensor) => x,
  backward: (dy) => neg(dy),
});

const expTimes = customGrad({
  op: "expTimes",
  forward: (a: Tensor, b: Tensor) => mul(exp(a), b),
  backward: (dy, { inputs: [a], outputs: [y], needs }) => [
    needs[0] ? mul(dy, y!) : null,
    needs[1] ? mul(dy, exp(a)) : null,
  ],
});

const both = customGrad({
  op: "both",
  forward: (x: Tensor): readonly Tensor[] => [mul(x, 2), mul(x, x)],
  backward: ([da, db], { inputs: [x] }) => {
    const parts = [da && mul(da, 2), db && mul(mul(db, x), 2)].filter((part) => part !== null);
    return parts.reduce((a, b) => add(a!, b!))!;
  },
});

describe("customGrad", () => {
  it(
    "replaces the gradient of a function that returns its own argument",
    onExact(() => {
      const x = tensor([1, 2], { requiresGrad: true });
      const y = reverseGradient(x);
      expectClose(y, [1, 2]);
      backward(sum(y));
      expectClose(x.grad!, [-1, -1]);
      expect(x.disposed).toBe(false);
    }),
  );

  it(
    "is right to second order when its backward is written in ops",
    onExact(() => {
      gradcheck(() => ({ f: expTimes, inputs: [tensor([0.5, -1]), tensor([2, 3])] }), { order: 2 });
      gradcheck(() => ({ f: both, inputs: [tensor([0.5, -1])] }), { order: 2 });
      expectClose(grad((x: Tensor) => sum(both(x)[1]!))(tensor([3])), [6]);
    }),
  );

  it(
    "keeps nothing but inputs and outputs",
    onExact((runtime) => {
      const a = tensor([1]);
      const before = runtime.memoryStats().liveTensors;
      expTimes(a, a);
      expect(runtime.memoryStats().liveTensors).toBe(before + 1);
    }),
  );

  it(
    "refuses to be called without tensors, and a forward that returns none",
    onExact(() => {
      expect(() => reverseGradient(...([] as never as [Tensor]))).toThrow(/reverseGradient/);
      const odd = customGrad({ op: "odd", forward: (_: Tensor) => new Map() as never, backward: () => [] });
      expect(() => odd(tensor([1]))).toThrow(/^odd: wanted f to return tensors/);
    }),
  );
});

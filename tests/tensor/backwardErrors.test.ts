import { describe, expect, it } from "vitest";
import {
  DTypeError,
  GraphFreedError,
  NonFiniteError,
  ShapeError,
  StaleTensorError,
} from "../../src/errors.ts";
import { add, assign, exp, log, mul, sub, sum } from "../../src/ops/index.ts";
import { Sgd } from "../../src/optim/index.ts";
import { detectAnomaly, scope } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { ones, tensor } from "../../src/tensor/create.ts";
import { type Rule, record } from "../../src/tensor/record.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onExact } from "../support/onExact.ts";

const leaf = (data: Parameters<typeof tensor>[0]) => tensor(data, { requiresGrad: true });

describe("backward refuses", () => {
  it(
    "a tensor of several elements without a gradient, and a gradient of another shape",
    onExact(() => {
      const x = leaf([1, 2]);
      expect(() => backward(mul(x, 2))).toThrow(ShapeError);
      expect(() => backward(mul(x, 2), tensor([1]))).toThrow(ShapeError);
      expect(() => backward(tensor([1]))).toThrow(/depends on a leaf/);
      expect(() => backward(mul(x, 2), tensor(Int32Array.of(1, 2)))).toThrow(DTypeError);
    }),
  );

  it(
    "a second pass over a graph that was not retained, naming the op",
    onExact(() => {
      const x = leaf([1]);
      const y = exp(x);
      backward(y);
      expect(() => backward(y)).toThrow(GraphFreedError);
      expect(() => backward(y)).toThrow(/exp/);
    }),
  );

  it(
    "nothing of that with retainGraph",
    onExact(() => {
      const x = leaf([0]);
      const y = exp(x);
      backward(y, undefined, { retainGraph: true });
      backward(y);
      expectClose(x.grad!, [2]);
    }),
  );

  it(
    "a saved tensor that was written since",
    onExact(() => {
      const weight = leaf([2]);
      const x = leaf([3]);
      const loss = mul(weight, x);
      assign(weight, tensor([5]));
      expect(() => backward(loss)).toThrow(StaleTensorError);
      expect(() => backward(mul(weight, x))).not.toThrow();
      expectClose(x.grad!, [5]);
    }),
  );

  it(
    "a gradient that was used and then added to",
    onExact(() => {
      const x = leaf([2]);
      backward(mul(x, x));
      const y = mul(x.grad!, leaf([3]));
      backward(mul(x, x));
      expect(() => backward(y)).toThrow(StaleTensorError);
    }),
  );

  it(
    "an optimizer step between forward and backward",
    onExact(() => {
      const weight = leaf([2, 3]);
      const optimizer = new Sgd([weight], { learningRate: 0.1 });
      backward(sum(mul(weight, weight)));
      const loss = sum(mul(weight, weight));
      optimizer.update();
      expect(() => backward(loss)).toThrow(StaleTensorError);
      expect(() => backward(sum(mul(weight, weight)))).not.toThrow();
    }),
  );

  it(
    "a gradient of the wrong shape out of a rule",
    onExact(() => {
      const rule: Rule = { op: "crooked", backward: () => [ones([3])] };
      const x = leaf([1, 2]);
      const y = record(add(x, 0), rule, { inputs: [x] });
      expect(() => backward(sum(y))).toThrow(/crooked/);
    }),
  );

  it(
    "to leak when a rule throws",
    onExact((runtime) => {
      const rule: Rule = {
        op: "broken",
        backward: ([dy]) => {
          mul(dy!, 2);
          throw new Error("broken rule");
        },
      };
      const x = leaf([1, 2]);
      const before = runtime.memoryStats();
      scope(() => {
        const h = exp(exp(x));
        const y = exp(record(mul(h, 1), rule, { inputs: [h] }));
        expect(() => backward(sum(exp(y)))).toThrow("broken rule");
      });
      expect(x.grad).toBeNull();
      expect(runtime.memoryStats().liveTensors).toBe(before.liveTensors);
      expect(runtime.memoryStats().liveBytes).toBe(before.liveBytes);
    }),
  );
});

describe("detectAnomaly", () => {
  it(
    "names the op whose result is not finite",
    onExact(() => {
      const x = leaf([0]);
      expect(() => detectAnomaly(() => mul(log(x), 2))).toThrow(NonFiniteError);
      expect(() => detectAnomaly(() => mul(log(x), 2))).toThrow(/^log: .*shape \[1\]/);
      expect(() => mul(log(x), 2)).not.toThrow();
    }),
  );

  it(
    "names the op whose gradient is not finite",
    onExact(() => {
      const rule: Rule = { op: "explode", backward: ([dy]) => [log(sub(dy!, dy!))] };
      const x = leaf([1]);
      const y = record(add(x, 0), rule, { inputs: [x] });
      expect(() => detectAnomaly(() => backward(y))).toThrow(/backward of explode/);
    }),
  );
});

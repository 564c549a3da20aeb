import { describe, expect, it } from "vitest";
import { RuntimeMismatchError, UseAfterFreeError } from "../../src/errors.ts";
import { add, exp, reshape, sum } from "../../src/ops/index.ts";
import { keep, scope, withRuntime } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { parameter, tensor } from "../../src/tensor/create.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { onExact } from "../support/onExact.ts";
import { exactRuntime } from "../support/runtimes.ts";

class Cache {
  readonly keys = tensor([1, 2]);
  readonly nested = { values: [tensor([3])] };
  readonly name = "cache";
}

describe("scope", () => {
  it(
    "frees what was born in it",
    onExact(() => {
      const outer = tensor([1]);
      let inner: Tensor | undefined;
      const result = scope(() => {
        inner = exp(outer);
        return sum(inner).item();
      });
      expect(result).toBeCloseTo(Math.E);
      expect(inner!.disposed).toBe(true);
      expect(outer.disposed).toBe(false);
    }),
  );

  it(
    "hands out what it returns: tensors, arrays, records, class fields",
    onExact(() => {
      expect(scope(() => tensor([1])).disposed).toBe(false);
      const [a, { b }] = scope(() => [tensor([1]), { b: tensor([2]) }] as const);
      expect(a.disposed || b.disposed).toBe(false);
      const cache = scope(() => new Cache());
      expect(cache.keys.disposed || cache.nested.values[0]!.disposed).toBe(false);
    }),
  );

  it(
    "hands out to the scope around it, and no further",
    onExact(() => {
      const seen: Tensor[] = [];
      scope(() => {
        seen.push(scope(() => scope(() => tensor([1]))));
        expect(seen[0]!.disposed).toBe(false);
      });
      expect(seen[0]!.disposed).toBe(true);
    }),
  );

  it(
    "keep saves from the innermost scope only",
    onExact(() => {
      let kept: Tensor | undefined;
      scope(() => {
        scope(() => {
          kept = keep(tensor([1]));
        });
        expect(kept!.disposed).toBe(false);
      });
      expect(kept!.disposed).toBe(true);
    }),
  );

  it(
    "frees everything when its body throws",
    onExact((runtime) => {
      const { liveTensors } = runtime.memoryStats();
      expect(() =>
        scope(() => {
          scope(() => tensor([1]));
          throw new Error("inside");
        }),
      ).toThrow("inside");
      expect(runtime.memoryStats().liveTensors).toBe(liveTensors);
    }),
  );

  it(
    "refuses a promise, and frees what its body made before it waited",
    onExact((runtime) => {
      const { liveTensors } = runtime.memoryStats();
      const body = async () => tensor([1]);
      expect(() => scope(body)).toThrow(/no scope stays open across an await/);
      expect(runtime.memoryStats().liveTensors).toBe(liveTensors);
    }),
  );

  it(
    "leaves parameters and gradients alone",
    onExact(() => {
      const weight = scope(() => {
        const made = parameter(tensor([2]));
        return { get: () => made };
      }).get();
      scope(() => backward(exp(weight)));
      expect(weight.disposed || weight.grad!.disposed).toBe(false);
      weight.dispose();
    }),
  );
});

describe("handles", () => {
  it(
    "a dead one names the op and the shape",
    onExact(() => {
      const x = tensor([[1, 2, 3]]);
      x.dispose();
      x.dispose();
      expect(() => add(x, 1)).toThrow(UseAfterFreeError);
      expect(() => add(x, 1)).toThrow(/^add: a tensor of shape \[\[?1, 3\]?\]? was already freed/);
      expect(() => x.toArray()).toThrow(/^toArray/);
      expect(() => x.item()).toThrow(/item/);
      expect(String(x)).toBe("tensor(freed, shape [1, 3])");
    }),
  );

  it(
    "share a storage, which the last one frees",
    onExact((runtime) => {
      const x = tensor([1, 2, 3, 4]);
      const { liveBytes } = runtime.memoryStats();
      const view = reshape(x, [2, 2]);
      expect(runtime.memoryStats().liveBytes).toBe(liveBytes);
      x.dispose();
      expect(view.toArray()).toEqual([
        [1, 2],
        [3, 4],
      ]);
      view.dispose();
      expect(runtime.memoryStats().liveBytes).toBe(0);
    }),
  );

  it(
    "are freed by using",
    onExact(() => {
      const x = tensor([1]);
      x[Symbol.dispose]();
      expect(x.disposed).toBe(true);
    }),
  );

  it(
    "of two runtimes do not mix",
    onExact(() => {
      const other = exactRuntime();
      const foreign = withRuntime(other, () => tensor([1]));
      expect(() => add(tensor([1]), foreign)).toThrow(RuntimeMismatchError);
      other.dispose();
      expect(() => add(foreign, 1)).toThrow(UseAfterFreeError);
    }),
  );

  it(
    "with a gradient: only a leaf has one, only floats can",
    onExact(() => {
      const x = tensor([1], { requiresGrad: true });
      const y = exp(x);
      expect(y.grad).toBeNull();
      expect(() => {
        y.grad = tensor([1]);
      }).toThrow(/leaf/);
      expect(() => {
        y.requiresGrad = false;
      }).toThrow(/detach/);
      expect(() => tensor(Int32Array.of(1), { requiresGrad: true })).toThrow(/floats/);
      x.requiresGrad = false;
      expect(exp(x).requiresGrad).toBe(false);
    }),
  );

  it(
    "own the gradient they are given",
    onExact(() => {
      const x = tensor([1], { requiresGrad: true });
      scope(() => {
        x.grad = tensor([5]);
      });
      expect(x.grad!.item()).toBe(5);
      expect(() => {
        x.grad = tensor([1, 2]);
      }).toThrow(/the leaf's shape, got \[1\] and \[2\]/);
      expect(() => {
        x.grad = tensor(Int32Array.of(1));
      }).toThrow(/i32/);
      const gradient = x.grad!;
      x.dispose();
      expect(gradient.disposed).toBe(true);
    }),
  );
});

describe("memory statistics", () => {
  it(
    "count handles, bytes and what was born outside every scope",
    onExact((runtime) => {
      tensor([1, 2]);
      const { liveTensors, liveBytes, unscopedTensors } = runtime.memoryStats();
      expect([liveTensors, liveBytes, unscopedTensors]).toEqual([1, 64, 0]);
    }),
  );

  it("of strays", () => {
    const runtime = exactRuntime();
    const stray = tensor([1, 2], { runtime });
    expect(runtime.memoryStats().unscopedTensors).toBe(1);
    const empty = new Tensor(runtime, runtime.allocate(0), [0], "f64");
    expect(runtime.memoryStats().liveBytes).toBe(64);
    stray.dispose();
    empty.dispose();
    expect(runtime.memoryStats().unscopedTensors).toBe(0);
    expect(runtime.memoryStats().liveBytes).toBe(0);
    runtime.dispose();
  });
});

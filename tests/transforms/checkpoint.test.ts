import { describe, expect, it } from "vitest";
import {
  add,
  assign,
  broadcastTo,
  dropout,
  exp,
  gelu,
  matmul,
  mul,
  reshape,
  sum,
} from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import type { BackendFactory } from "../../src/runtime/backend.ts";
import { createRuntime, noGrad, scope, withRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import { backward } from "../../src/tensor/backward.ts";
import { onesLike, randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import { checkpoint } from "../../src/transforms/checkpoint.ts";
import { grad } from "../../src/transforms/grad.ts";
import { valueAndGrad } from "../../src/transforms/valueAndGrad.ts";
import { onExact } from "../support/onExact.ts";

const draw = (shape: readonly number[], name: string) =>
  randomNormal(shape, { random: new Random(5).fork(name), requiresGrad: true });

/** Gradients of Σ f(x)² with respect to all leaves, by backward. */
function gradientsBy(f: (x: Tensor) => Tensor, x: Tensor, leaves: readonly Tensor[]): ArrayLike<number>[] {
  for (const leaf of leaves) leaf.grad = null;
  scope(() => {
    const y = f(x);
    backward(sum(mul(y, y)));
  });
  return leaves.map((leaf) => leaf.grad!.toTypedArray());
}

describe("checkpoint", () => {
  it(
    "gives the same bits as the plain run, dropout included",
    onExact(() => {
      const w = draw([4, 4], "w");
      const x = draw([3, 4], "x");
      const random = new Random(9);
      const f = (h: Tensor) => dropout(gelu(matmul(h, w)), { rate: 0.5, random });
      const plain = gradientsBy(f, x, [x, w]);
      const again = gradientsBy(checkpoint(f), x, [x, w]);
      expect(again).toEqual(plain);
      expectClose(checkpoint(f)(x), f(x), { relative: 0, absolute: 0 });
    }),
  );

  it(
    "reaches parameters that the function only captures",
    onExact(() => {
      const w = draw([3], "w");
      const y = checkpoint(() => exp(w))();
      backward(sum(y));
      expectClose(w.grad!, y);
    }),
  );

  it(
    "reaches captured tensors that are dead by then, and ones read through a view",
    onExact(() => {
      const w = draw([4], "w");
      const loss = scope(() => {
        const inner = mul(w, 2);
        return sum(
          checkpoint((x: Tensor) => mul(matmul(reshape(inner, [2, 2]), x), reshape(w, [2, 2])))(
            tensor([
              [1, 2],
              [3, 4],
            ]),
          ),
        );
      });
      backward(loss);
      const check = grad((v: Tensor) =>
        sum(
          mul(
            matmul(
              reshape(mul(v, 2), [2, 2]),
              tensor([
                [1, 2],
                [3, 4],
              ]),
            ),
            reshape(v, [2, 2]),
          ),
        ),
      );
      expectClose(w.grad!, check(w));
    }),
  );

  it(
    "returns structures, arguments as they are, and one tensor twice",
    onExact(() => {
      const x = draw([2], "x");
      const f = checkpoint((z: Tensor) => {
        const twice = mul(z, 2);
        return { same: z, list: [twice, twice], text: "kept" };
      });
      const y = f(x);
      expect(y.text).toBe("kept");
      backward(sum(add(add(y.same, y.list[0]!), mul(y.list[1]!, 10))));
      expectClose(x.grad!, [23, 23]);
    }),
  );

  it(
    "nests",
    onExact(() => {
      const w = draw([4, 4], "w");
      const x = draw([2, 4], "x");
      const layer = (h: Tensor) => gelu(matmul(h, w));
      const plain = gradientsBy((h) => layer(layer(layer(h))), x, [x, w]);
      const nested = gradientsBy(
        checkpoint((h: Tensor) => layer(checkpoint((g: Tensor) => layer(checkpoint(layer)(g)))(h))),
        x,
        [x, w],
      );
      // Gradients meet in another order.
      nested.forEach((gradient, i) => {
        expectClose(gradient, plain[i]!, { relative: 1e-12 });
      });
    }),
  );

  it(
    "can be differentiated twice, also where it captures, nests and holds a grad",
    onExact(() => {
      gradcheck(
        () => {
          const w = draw([3, 3], "w");
          const layer = (h: Tensor) => gelu(matmul(h, w));
          const f = checkpoint((h: Tensor) => layer(checkpoint(layer)(h)));
          return { f, inputs: [draw([2, 3], "x"), w] };
        },
        { order: 2 },
      );
      const inner = (x: Tensor) => grad((z: Tensor) => sum(exp(mul(z, z))))(x);
      const outer = grad((x: Tensor) => sum(checkpoint(inner)(x)));
      expectClose(outer(tensor([0.5])), grad((x: Tensor) => sum(inner(x)))(tensor([0.5])));
    }),
  );

  it(
    "works on a model within valueAndGrad",
    onExact(() => {
      class Layer {
        readonly weight = draw([3, 3], "w");
        forward(x: Tensor): Tensor {
          return gelu(matmul(x, this.weight));
        }
      }
      const layer = new Layer();
      const x = draw([2, 3], "x");
      const run = (f: (m: Layer, h: Tensor) => Tensor) =>
        valueAndGrad((m: Layer, h: Tensor) => sum(f(m, f(m, h))))(layer, x);
      const [plain, [dPlain, dxPlain]] = run((m, h) => m.forward(h));
      const [value, [d, dx]] = run((m, h) => checkpoint((g: Tensor) => m.forward(g))(h));
      expectClose(value, plain, { relative: 0, absolute: 0 });
      expectClose(d.weight!, dPlain.weight!, { relative: 0, absolute: 0 });
      expectClose(dx, dxPlain, { relative: 0, absolute: 0 });
    }),
  );

  it(
    "needs less memory",
    onExact((runtime) => {
      const x = draw([1000], "x");
      const f = (h: Tensor) => {
        let y = h;
        for (let i = 0; i < 10; i++) y = exp(mul(y, 0.1));
        return y;
      };
      const peakOf = (segment: (h: Tensor) => Tensor) => {
        runtime.resetPeak();
        const before = runtime.memoryStats().liveBytes;
        scope(() => {
          x.grad = null;
          let y = x;
          for (let i = 0; i < 10; i++) y = scope(() => segment(y));
          backward(sum(y));
        });
        return runtime.memoryStats().peakBytes - before;
      };
      const plain = peakOf(f);
      const less = peakOf(checkpoint(f));
      // 100 saved tensors against 10 and one segment's 10.
      expect(less).toBeLessThan(0.4 * plain);
    }),
  );

  it(
    "in backward keeps no intermediate tensor that no rule needs",
    onExact((runtime) => {
      const x = draw([1000], "x");
      const y = checkpoint((z: Tensor) => {
        let h = z;
        for (let i = 0; i < 50; i++) h = add(h, 1);
        return sum(broadcastTo(h, [20, 1000]), { axis: 0 });
      })(x);
      const dy = onesLike(y);
      runtime.resetPeak();
      const before = runtime.memoryStats().liveBytes;
      backward(y, dy);
      // f makes 50 tensors of 8 kB and one of 20 times that, and then backward another of 20 times that:
      // not at once.
      expect(runtime.memoryStats().peakBytes - before).toBeLessThan(75 * 8192);
    }),
  );

  it("in backward computes no further than a rule looks, unless a result is read", () => {
    const exact = referenceBackend({ precision: "f64" });
    let products = 0;
    const counting: BackendFactory = (options) => {
      const { kernels, ...rest } = exact(options);
      const gemm: typeof kernels.gemm = (...values) => {
        products++;
        kernels.gemm(...values);
      };
      return { ...rest, kernels: { ...kernels, gemm } };
    };
    const productsOf = (look: (y: Tensor) => unknown) =>
      withRuntime(createRuntime({ backend: counting }), () => {
        const [x, w] = [draw([3, 3], "x"), draw([3, 3], "w")];
        const y = checkpoint((h: Tensor) => {
          const twice = matmul(gelu(matmul(h, w)), w);
          look(twice);
          return add(h, twice);
        })(x);
        products = 0;
        backward(sum(y));
        return products;
      });
    // The first product again, and two gradients of each.
    expect(productsOf(() => {})).toBe(5);
    expect(productsOf((y) => y.toArray())).toBe(6);
    expect(productsOf((y) => exp(y))).toBe(6);
  });

  it(
    "notes what a checkpoint in a grad within it reads",
    onExact(() => {
      const w = draw([2], "w");
      const f = (z: Tensor) => sum(checkpoint(() => mul(mul(z, z), w))());
      backward(sum(checkpoint(grad(f, { createGraph: true }))(tensor([3, 4]))));
      expectClose(w.grad!, [6, 8]);
    }),
  );

  it(
    "is the function itself where nothing is recorded or tracked",
    onExact((runtime) => {
      const x = tensor([1, 2]);
      const y = checkpoint((z: Tensor) => exp(z))(x);
      expect(y.requiresGrad).toBe(false);
      expect(runtime.memoryStats().liveTensors).toBe(2);
      expect(noGrad(() => checkpoint(() => "anything at all")())).toBe("anything at all");
      expect(checkpoint(() => "anything at all")()).toBe("anything at all");
    }),
  );

  it(
    "refuses a function that writes to a tensor from outside, and lets it write to its own",
    onExact(() => {
      const x = draw([2], "x");
      const state = tensor([0, 0]);
      const sneaky = checkpoint((z: Tensor) => {
        assign(state, z);
        return z;
      });
      expect(() => sneaky(x)).toThrow(/checkpoint: .*assign/);
      const own = checkpoint((z: Tensor) => mul(z, assign(tensor([0, 0]), tensor([3, 4]))));
      backward(sum(own(x)));
      expectClose(x.grad!, [3, 4]);
    }),
  );

  it(
    "throws when a tensor that it read was written since",
    onExact(() => {
      const w = draw([2], "w");
      const y = sum(checkpoint(() => exp(w))());
      assign(w, tensor([0, 0]));
      expect(() => backward(y)).toThrow(/checkpoint/);
    }),
  );

  it(
    "puts everything back when the function throws in backward",
    onExact((runtime) => {
      const w = draw([2], "w");
      let calls = 0;
      const y = checkpoint(() => {
        if (calls++ > 0) throw new Error("second run");
        return exp(w);
      })();
      const { storage, node } = w;
      const { liveTensors } = runtime.memoryStats();
      expect(() => backward(sum(y))).toThrow("second run");
      expect(w.storage).toBe(storage);
      expect(w.node).toBe(node);
      expect(runtime.memoryStats().liveTensors).toBe(liveTensors + 1);
    }),
  );
});

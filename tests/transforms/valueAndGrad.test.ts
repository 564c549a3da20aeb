import { describe, expect, it } from "vitest";
import { assign, matmul, mul, sub, sum } from "../../src/ops/index.ts";
import { scope } from "../../src/runtime/default.ts";
import { parameter, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { grad } from "../../src/transforms/grad.ts";
import { valueAndGrad } from "../../src/transforms/valueAndGrad.ts";
import { onExact } from "../support/onExact.ts";

/** y = x·weight·scale, scale frozen; `tied` is weight under another name. */
class Model {
  readonly weight = tensor([[1], [2]], { requiresGrad: true });
  readonly inner = { tied: this.weight, scale: tensor([3]), bias: tensor([0.5], { requiresGrad: true }) };

  forward(x: Tensor): Tensor {
    return mul(matmul(x, this.weight), this.inner.scale);
  }
}

const loss = (model: Model, x: Tensor) => {
  const y = sub(model.forward(x), model.inner.bias);
  return sum(mul(y, y));
};

describe("valueAndGrad", () => {
  it(
    "gives both, without a graph",
    onExact(() => {
      const [value, gradient] = valueAndGrad((x: Tensor) => mul(x, x))(tensor(3));
      expect(value.item()).toBe(9);
      expect(value.requiresGrad || gradient.requiresGrad).toBe(false);
      expect(gradient.item()).toBe(6);
    }),
  );

  it(
    "takes a model: gradients of its trainable tensors by path, a shared one once",
    onExact(() => {
      const model = new Model();
      const [value, [gradients, dx]] = valueAndGrad(loss)(model, tensor([[1, 1]]));
      expectClose(value, 8.5 ** 2);
      expect(Object.keys(gradients)).toEqual(["weight", "inner.bias"]);
      expectClose(gradients.weight!, [[51], [51]]);
      expectClose(gradients["inner.bias"]!, [-17]);
      expectClose(dx, [[51, 102]]);
      expect(model.weight.grad).toBeNull();
    }),
  );

  it(
    "leaves the model as it was, also when the function throws",
    onExact(() => {
      const model = new Model();
      const { storage, node } = model.weight;
      const broken = (m: Model): Tensor => {
        expect(m.weight.node).not.toBe(node);
        throw new Error("broken");
      };
      expect(() => valueAndGrad(broken)(model)).toThrow("broken");
      expect(model.weight.storage).toBe(storage);
      expect(model.weight.node).toBe(node);
    }),
  );

  it(
    "takes one model twice: its gradients stand where it comes first",
    onExact(() => {
      const model = new Model();
      const [first, second] = grad((a: Model, b: Model) => mul(a.inner.bias, b.inner.bias))(model, model);
      expectClose(first["inner.bias"]!, [1]);
      expect(second).toEqual({});
    }),
  );

  it(
    "differentiates a model that returns its own weight, and a model within a model's step",
    onExact(() => {
      const model = new Model();
      expectClose(grad((m: Model) => m.inner.bias)(model)["inner.bias"]!, [1]);
      const x = tensor([[1, 1]]);
      // The squared length of the gradient, differentiated: a step through a step.
      const steepness = (m: Model) => {
        const { weight } = grad((inner: Model) => loss(inner, x))(m);
        return sum(mul(weight!, weight!));
      };
      const h = 1e-5;
      const at = (w: number) => {
        assign(model.weight, tensor([[w], [2]]));
        return scope(() => steepness(model).item());
      };
      const numeric = (at(1 + h) - at(1 - h)) / (2 * h);
      at(1);
      expectClose(grad(steepness)(model).weight!.toTypedArray()[0]!, numeric, { relative: 1e-6 });
    }),
  );

  it(
    "trains for a thousand steps and keeps nothing",
    onExact((runtime) => {
      const weight = parameter(tensor([0, 0]));
      const step = valueAndGrad((w: Tensor) => {
        const off = sub(w, tensor([1, -2]));
        return sum(mul(off, off));
      });
      const alive = () => runtime.memoryStats().liveTensors;
      const before = alive();
      for (let i = 0; i < 1000; i++) {
        const [value, gradient] = step(weight);
        scope(() => assign(weight, sub(weight, mul(gradient, 0.1))));
        value.dispose();
        gradient.dispose();
        expect(alive()).toBe(before);
      }
      expectClose(weight, [1, -2]);
      weight.dispose();
    }),
  );
});

import { describe, expect, it } from "vitest";
import { add } from "../../src/ops/add.ts";
import { exp } from "../../src/ops/exp.ts";
import { mul } from "../../src/ops/mul.ts";
import { sum } from "../../src/ops/sum.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import { emptyLike, type Rule, record } from "../../src/tensor/record.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";

const draw = (shape: readonly number[], name = "x") =>
  randomNormal(shape, { random: new Random(1).fork(name) });

/** exp with a rule that is wrong by 0.1 % in the element `at`. */
function wrongExp(x: Tensor, at: number): Tensor {
  const rule: Rule = {
    op: "wrongExp",
    backward: ([dy]) => {
      const factors = exp(x).toTypedArray();
      factors[at]! *= 1.001;
      return [mul(dy!, tensor(factors, { shape: x.shape }))];
    },
  };
  const y = emptyLike(x);
  x.runtime.kernels.exp(y.ptr, x.ptr, x.size);
  return record(y, rule, { inputs: [x] });
}

describe("gradcheck", () => {
  it("accepts right gradients to second order", () => {
    gradcheck(() => ({ f: (x, y) => mul(exp(mul(x, y!)), x), inputs: [draw([2, 3]), draw([3], "y")] }), {
      order: 2,
    });
  });

  it("names the wrong element with both derivatives and an error estimate", () => {
    const check = () => gradcheck(() => ({ f: (x) => wrongExp(x, 4), inputs: [draw([2, 3])] }));
    expect(check).toThrow(
      /gradient of input 0 at element \[1, 1\] of shape \[2, 3\] is .* but finite .* ± \d/,
    );
  });

  it("finds one wrong element among many by random directions", () => {
    const check = () => gradcheck(() => ({ f: (x) => wrongExp(x, 377), inputs: [draw([20, 30])] }));
    expect(check).toThrow(/element \[12, 17\]/);
  });

  it("finds a gradient that is missing", () => {
    const check = () => gradcheck(() => ({ f: (x) => tensor(exp(x).toTypedArray()), inputs: [draw([3])] }));
    expect(check).toThrow(/is 0, but finite differences give/);
  });

  it("finds a rule that is right once and wrong when differentiated again", () => {
    // y = x², whose backward forgets that 2x depends on x.
    const rule: Rule = {
      op: "blind",
      backward: ([dy], { saved: [x] }) => [mul(dy!, mul(tensor(x!.toTypedArray()), 2))],
    };
    const f = (x: Tensor) => {
      const y = emptyLike(x);
      x.runtime.kernels.mul(y.ptr, x.ptr, x.ptr, 0, 0, 0, 1, x.size, 0, 1, 0, 1);
      return record(y, rule, { inputs: [x], saved: [x] });
    };
    expect(() => gradcheck(() => ({ f, inputs: [tensor([1.5])] }))).not.toThrow();
    expect(() => gradcheck(() => ({ f, inputs: [tensor([1.5])] }), { order: 2 })).toThrow(/second-order/);
  });

  it("takes several outputs, i32 inputs, closed-over inputs, scalars and sizes of zero", () => {
    gradcheck(
      () => {
        const weight = draw([3], "w");
        const ids = tensor(Int32Array.of(1, 2, 3));
        return {
          f: (x) => [mul(x, weight), sum(exp(weight)), mul(ids, x), add(ids, 1)],
          inputs: [draw([2, 3]), weight, ids],
        };
      },
      { order: 2 },
    );
    gradcheck(() => ({ f: (x) => exp(x), inputs: [draw([0, 3])] }), { order: 2 });
    gradcheck(() => ({ f: (x) => exp(x), inputs: [draw([])] }), { order: 2 });
  });

  it("is not disturbed by a kink beside the point", () => {
    const rule: Rule = { op: "abs", backward: ([dy]) => [dy!] };
    const f = (x: Tensor) => {
      const y = emptyLike(x);
      x.runtime.kernels.abs(y.ptr, x.ptr, x.size);
      return record(y, rule, { inputs: [x] });
    };
    gradcheck(() => ({ f, inputs: [tensor([0.002])] }));
  });

  it("refuses what is no tensor, and tensors of another runtime", () => {
    const elsewhere = withRuntime(createRuntime({ backend: referenceBackend({ precision: "f32" }) }), () =>
      tensor([1]),
    );
    expect(() => gradcheck(() => ({ f: exp, inputs: [elsewhere] }))).toThrow(/inside the callback/);
    expect(() => gradcheck(() => ({ f: () => 1 as never, inputs: [draw([1])] }))).toThrow(/f to return/);
  });
});

import { describe, expect, expectTypeOf, it } from "vitest";
import type { FluentMethods } from "../src/fluent.ts";
import "../src/fluent.ts";
import * as ops from "../src/ops/index.ts";
import type { Operand } from "../src/ops/support/operand.ts";
import { Random } from "../src/random.ts";
import { withRuntime } from "../src/runtime/default.ts";
import type { Shape } from "../src/shape.ts";
import type { BackwardOptions } from "../src/tensor/backward.ts";
import { tensor } from "../src/tensor/create.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import { exactRuntime } from "./support/runtimes.ts";

type OpName = Exclude<keyof FluentMethods, "backward">;

/** One call of every op that takes a tensor first; a new op without one is a type error here. */
function calls(): { [Name in OpName]: Parameters<(typeof ops)[Name]> } {
  const counted = (...shape: number[]) =>
    tensor(
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i + 1) / 8),
      { shape },
    );
  const x = counted(2, 3);
  const y = tensor([[0.5, 2, 0.25], [1, 0.75, 3]]); // biome-ignore format: a matrix
  const ratios = tensor([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]); // biome-ignore format: a matrix
  const mask = tensor([[1, 0, 0], [0, 1, 1]]); // biome-ignore format: a matrix
  const places = tensor([[0, 2], [1, 1]], { dtype: "i32" }); // biome-ignore format: a matrix
  const classes = tensor(Int32Array.of(2, 0));
  const heads = counted(1, 2, 2, 2);
  return {
    abs: [x],
    add: [x, y],
    all: [mask, { axis: 0 }],
    allClose: [x, x],
    any: [mask, { axis: 1 }],
    argmax: [x, { axis: -1 }],
    argmin: [x, { axis: 0 }],
    assign: [counted(2, 3), y],
    attention: [heads, heads, heads, { causal: true }],
    attentionWeights: [heads, heads, { causal: true }],
    binaryCrossEntropy: [x, ratios],
    broadcastTo: [x, [2, 2, 3]],
    cast: [x, "i32"],
    clamp: [x, { min: 0.25, max: 0.5 }],
    clone: [x],
    cos: [x],
    crossEntropy: [x, classes],
    cumsum: [x, { axis: 1 }],
    dequantizeRows: [tensor(Int32Array.of(0x00017f), { shape: [1, 1] }), counted(1), 3],
    detach: [x],
    div: [x, y],
    dropout: [x, { rate: 0.5, random: new Random(1) }],
    embedding: [x, tensor(Int32Array.of(1, 0))],
    equal: [x, x],
    erf: [x],
    exp: [x],
    flip: [x, { axis: 1 }],
    floor: [y],
    gather: [x, places, { axis: 1 }],
    gelu: [x, { approximate: "tanh" }],
    greater: [x, y],
    greaterEqual: [x, y],
    indexSelect: [x, classes, { axis: 1 }],
    isFinite: [x],
    klDivergence: [ratios, y],
    layerNorm: [x],
    leakyRelu: [x, { negativeSlope: 0.1 }],
    less: [x, y],
    lessEqual: [x, y],
    linear: [x, y],
    linearCrossEntropy: [x, counted(4, 3), classes],
    log: [x],
    logSoftmax: [x],
    logSumExp: [x, { axis: 1 }],
    logicalAnd: [mask, x],
    logicalNot: [mask],
    logicalOr: [mask, x],
    maskedFill: [x, mask, 7],
    matmul: [x, y, { transposeB: true }],
    max: [x, { axis: 1 }],
    maximum: [x, y],
    mean: [x, { axis: 0, keepDims: true }],
    meanSquaredError: [x, y],
    min: [x],
    minimum: [x, 0.5],
    mul: [x, 2],
    neg: [x],
    negativeLogLikelihood: [x, classes],
    norm: [x, { axis: 0 }],
    notEqual: [x, y],
    packedAttention: [counted(1, 2, 12), { heads: 2 }],
    pad: [x, [[1, 0], [0, 1]], { value: 3 }], // biome-ignore format: a matrix
    permute: [x, [1, 0]],
    pow: [x, 3],
    prod: [x],
    quantizedLinear: [x, { codes: tensor(Int32Array.of(0x00017f), { shape: [1, 1] }), scales: counted(1) }],
    quantizeRows: [x],
    reciprocal: [x],
    relu: [x],
    repeat: [x, [2, 1]],
    repeatInterleave: [x, 2, { axis: 1 }],
    reshape: [x, [3, -1]],
    rmsNorm: [x],
    rotary: [heads, counted(2, 1), counted(2, 1)],
    round: [x],
    rsqrt: [x],
    scatterAdd: [x, places, y, { axis: 1 }],
    sigmoid: [x],
    sign: [x],
    silu: [x],
    sin: [x],
    slice: [x, [0, [1, null]]],
    smoothL1: [x, y],
    softmax: [x, { axis: 0 }],
    softplus: [x],
    sort: [y, { axis: 1 }],
    split: [x, [1, 2], { axis: 1 }],
    sqrt: [x],
    square: [x],
    squeeze: [counted(1, 3)],
    std: [x, { correction: 0 }],
    sub: [x, y],
    sum: [x, { axis: 1 }],
    swiglu: [x, y],
    tanh: [x],
    topk: [y, 2, { axis: 1 }],
    transpose: [x, 0, 1],
    tril: [x],
    triu: [x, { diagonal: 1 }],
    unsqueeze: [x, { axis: 0 }],
    variance: [x],
    where: [mask, x, y],
  };
}

/** What an op gave, in plain numbers. */
function plain(result: unknown): unknown {
  if (result instanceof Tensor) return { shape: result.shape, dtype: result.dtype, values: result.toArray() };
  if (Array.isArray(result)) return result.map(plain);
  if (typeof result === "object" && result !== null) {
    return Object.fromEntries(Object.entries(result).map(([key, value]) => [key, plain(value)]));
  }
  return result;
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

describe("the method form", () => {
  it("gives every op that takes a tensor first, and the same result", () => {
    const runtime = exactRuntime();
    withRuntime(runtime, () =>
      runtime.scope(() => {
        const functions = new Map<string, unknown>(Object.entries(ops));
        for (const [name, args] of Object.entries(calls()) as [OpName, [Tensor, ...unknown[]]][]) {
          const [x, ...rest] = args;
          const byFunction = plain((functions.get(name) as AnyFunction)(...args));
          const byMethod = plain((x[name] as AnyFunction).call(x, ...rest));
          expect(byMethod, name).toEqual(byFunction);
        }
      }),
    );
    runtime.dispose();
  });

  it("leaves out only what takes a list or an equation first", () => {
    const missing = Object.keys(ops).filter((name) => !(name in Tensor.prototype));
    expect(missing).toEqual(["concat", "einsum", "stack"]);
  });

  it("chains, and ends with backward", () => {
    const runtime = exactRuntime();
    withRuntime(runtime, () =>
      runtime.scope(() => {
        const x = tensor([[1, 2], [3, 4]], { requiresGrad: true }); // biome-ignore format: a matrix
        const y = x
          .matmul(tensor([1, -1]))
          .add(3)
          .square();
        y.mean().backward(undefined, { retainGraph: true });
        expect(x.grad!.toArray()).toEqual([[2, -2], [2, -2]]); // biome-ignore format: a matrix
        y.backward(tensor([0.5, 0]));
        expect(x.grad!.toArray()).toEqual([[4, -4], [2, -2]]); // biome-ignore format: a matrix
      }),
    );
    runtime.dispose();
  });

  it("adds methods as a class declares them", () => {
    expect(Object.keys(Tensor.prototype)).toEqual([]);
    expect(Object.getOwnPropertyDescriptor(Tensor.prototype, "add")).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    });
    expect(Tensor.prototype.add.name).toBe("add");
  });

  it("is typed as the functions are", () => {
    type Misfit = { [Name in keyof FluentMethods]: FluentMethods[Name] extends never ? Name : never };
    expectTypeOf<Misfit[keyof Misfit]>().toBeNever();
    expectTypeOf<Tensor["add"]>().toEqualTypeOf<(b: Operand) => Tensor>();
    expectTypeOf<Tensor["reshape"]>().toEqualTypeOf<(shape: Shape) => Tensor>();
    expectTypeOf<Tensor["allClose"]>().returns.toBeBoolean();
    expectTypeOf<Tensor["split"]>().returns.toEqualTypeOf<Tensor[]>();
    expectTypeOf<Tensor["backward"]>().toEqualTypeOf<
      (gradient?: Tensor, options?: BackwardOptions) => void
    >();
    expectTypeOf<"concat" extends keyof Tensor ? true : false>().toEqualTypeOf<false>();
  });
});

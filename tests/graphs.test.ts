import fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import * as ops from "../src/ops/index.ts";
import { Random } from "../src/random.ts";
import { gradientsOf } from "../src/tensor/backward.ts";
import { full, zerosLike } from "../src/tensor/create.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { arbitraryTensor, type DrawnTensor } from "../src/testing/arbitrary.ts";
import { gradcheck } from "../src/testing/gradcheck.ts";
import { checkpoint } from "../src/transforms/checkpoint.ts";
import type { OpSample } from "./support/opCase.ts";
import { exactRuntime, fastRuntime } from "./support/runtimes.ts";
import { expectSame, gradientsFor, problemOf, resultsOf } from "./support/sample.ts";
import { effort } from "./support/seed.ts";

/**
 * Every value of a graph is a scalar [], a row [n] or a matrix [n, n], so that all broadcast with each
 * other.
 */
const asMatrix = (x: Tensor, n: number) => ops.broadcastTo(x, [n, n]);

/**
 * Smooth ops whose results stay moderate when they are nested: what would grow is scaled or squashed first.
 */
const STEPS: Record<string, (a: Tensor, b: Tensor, n: number) => Tensor> = {
  add: (a, b) => ops.add(a, b),
  sub: (a, b) => ops.sub(a, b),
  mul: (a, b) => ops.mul(a, ops.tanh(b)),
  div: (a, b) => ops.div(a, ops.add(ops.square(b), 2)),
  addScalar: (a) => ops.add(a, 0.5),
  mulScalar: (a) => ops.mul(a, -1.5),
  tanh: (a) => ops.tanh(a),
  sigmoid: (a) => ops.sigmoid(a),
  sin: (a) => ops.sin(a),
  exp: (a) => ops.exp(ops.tanh(a)),
  log: (a) => ops.log(ops.add(ops.square(a), 1)),
  rsqrt: (a) => ops.rsqrt(ops.add(ops.square(a), 1)),
  gelu: (a) => ops.gelu(a),
  geluTanh: (a) => ops.gelu(a, { approximate: "tanh" }),
  silu: (a) => ops.silu(a),
  softplus: (a) => ops.softplus(a),
  sum: (a, _, n) => ops.mul(ops.sum(a), 1 / n),
  mean: (a, _, n) => ops.mean(asMatrix(a, n), { axis: 0 }),
  logSumExp: (a, _, n) => ops.logSumExp(asMatrix(a, n), { axis: 1 }),
  variance: (a, _, n) => ops.variance(asMatrix(a, n), { axis: -1, correction: 0 }),
  softmax: (a, _, n) => ops.softmax(asMatrix(a, n), { axis: 0 }),
  logSoftmax: (a, _, n) => ops.mul(ops.logSoftmax(asMatrix(a, n)), 0.5),
  layerNorm: (a, b, n) =>
    ops.layerNorm(asMatrix(a, n), { gain: ops.mean(asMatrix(b, n), { axis: 1 }), eps: 0.1 }),
  matmul: (a, b, n) => ops.mul(ops.matmul(asMatrix(a, n), asMatrix(b, n)), 1 / n),
  matmulTransposed: (a, b, n) =>
    ops.mul(ops.matmul(asMatrix(a, n), asMatrix(b, n), { transposeA: true, transposeB: true }), 1 / n),
  attention: (a, b, n) => {
    const [q, k] = [a, b].map((x) => ops.reshape(asMatrix(x, n), [1, 1, n, n])) as [Tensor, Tensor];
    return ops.reshape(ops.attention(q, k, k, { causal: true }), [n, n]);
  },
  permute: (a, _, n) => ops.permute(asMatrix(a, n), [1, 0]),
  flip: (a, _, n) => ops.flip(asMatrix(a, n), { axis: 0 }),
  row: (a, _, n) => ops.slice(asMatrix(a, n), [-1]),
  concat: (a, b, n) => ops.slice(ops.concat([asMatrix(a, n), asMatrix(b, n)]), [[0, 2 * n, 2]]),
  cumsum: (a, _, n) => ops.mul(ops.cumsum(asMatrix(a, n), { axis: 1 }), 1 / n),
  tril: (a, _, n) => ops.tril(asMatrix(a, n)),
  dropout: (a) => ops.dropout(a, { rate: 0.25, random: new Random(3) }),
  checkpoint: (a, b, n) => checkpoint((x: Tensor) => ops.gelu(ops.matmul(asMatrix(x, n), asMatrix(b, n))))(a),
};

interface Step {
  readonly op: string;
  /** Which earlier values it takes, counted from the first input, round and round. */
  readonly a: number;
  readonly b: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...Object.keys(STEPS)),
  a: fc.nat({ max: 30 }),
  b: fc.nat({ max: 30 }),
});

/**
 * A graph with sharing; its results are the last value and one before it. Shrinks to fewer steps and inputs
 * near 0.
 */
const graph: fc.Arbitrary<OpSample> = fc.integer({ min: 1, max: 3 }).chain((n) => {
  const shape = fc.constantFrom([], [n], [n, n]);
  const inputs = fc.array(arbitraryTensor({ shape }), { minLength: 1, maxLength: 3 });
  return fc
    .tuple(inputs, fc.array(step, { minLength: 1, maxLength: 10 }), fc.nat({ max: 30 }))
    .map(([drawn, steps, other]) => sampleOf(n, drawn, steps, other));
});

function sampleOf(n: number, drawn: readonly DrawnTensor[], steps: readonly Step[], other: number): OpSample {
  const lines = steps.map(({ op, a, b }, i) => {
    const count = drawn.length + i;
    return { op, a: a % count, b: b % count };
  });
  return {
    label: lines.map(({ op, a, b }, i) => `v${drawn.length + i} = ${op}(v${a}, v${b})`).join("; "),
    inputs: drawn.map(({ shape, data }) => ({ shape, data })),
    run: (...inputs) => {
      const values = [...inputs];
      for (const { op, a, b } of lines) values.push(STEPS[op]!(values[a]!, values[b]!, n));
      return [values.at(-1)!, values[other % values.length]!];
    },
  };
}

/** Some ten roundings of f32, carried along and made larger by the steps that follow. */
const TOLERANCE = 2e-4;

describe("a random graph", () => {
  const exact = exactRuntime();
  const fast = fastRuntime();
  afterAll(() => {
    exact.dispose();
    fast.dispose();
  });

  it("gives in f32 what it gives in f64, and the same gradient", () => {
    const property = fc.property(graph, (sample) => {
      expectSame(resultsOf(fast, sample), resultsOf(exact, sample), TOLERANCE);
      expectSame(gradientsFor(fast, sample), gradientsFor(exact, sample), 10 * TOLERANCE);
    });
    fc.assert(property, { numRuns: 300 * effort });
  });

  it("has the same gradient through its definitions", () => {
    const property = fc.property(graph, (sample) => {
      expectSame(gradientsFor(exact, sample), gradientsFor(exact, sample, { createGraph: true }), 1e-9);
    });
    fc.assert(property, { numRuns: 200 * effort });
  });

  it("has the gradients that finite differences give, to second order", () => {
    const property = fc.property(graph, (sample) => {
      gradcheck(() => problemOf(sample), { order: 2, elements: 2 });
    });
    fc.assert(property, { numRuns: 60 * effort });
  });

  it("has right derivatives of the gradient of one input with respect to the others", () => {
    const property = fc.property(graph, fc.nat({ max: 2 }), (sample, chosen) => {
      gradcheck(
        () => {
          const { f, inputs } = problemOf(sample);
          const target = inputs[chosen % inputs.length]!;
          const slope = () => {
            const outputs = ofAll(f(...inputs));
            const cotangents = outputs.map((output) => full(output.shape, 0.7));
            const [gradient] = gradientsOf(outputs, cotangents, [target], { createGraph: true });
            return gradient ?? zerosLike(target);
          };
          return { f: slope, inputs };
        },
        { elements: 2 },
      );
    });
    fc.assert(property, { numRuns: 60 * effort });
  });

  it("checkpointed has the same bits and the same gradient", () => {
    const property = fc.property(graph, (sample) => {
      const again: OpSample = {
        ...sample,
        run: (...inputs) => checkpoint((...xs: Tensor[]) => [...ofAll(sample.run(...xs))])(...inputs),
      };
      expectSame(resultsOf(exact, again), resultsOf(exact, sample), 0);
      expectSame(gradientsFor(exact, again), gradientsFor(exact, sample), 1e-9);
    });
    fc.assert(property, { numRuns: 100 * effort });
  });
});

const ofAll = (result: Tensor | readonly Tensor[]) => (Array.isArray(result) ? result : [result]) as Tensor[];

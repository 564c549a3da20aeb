import fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import type { InputSpec, OpCase, OpSample } from "./opCase.ts";
import { exactRuntime, fastRuntime } from "./runtimes.ts";
import { effort } from "./seed.ts";

/** Usual number of samples of each comparison, and of each check against finite differences. */
const RUNS = 40;
const GRADCHECK_RUNS = 12;
/** Forward error of f32 relative to the largest magnitude unless a case says otherwise. */
const TOLERANCE = 1e-5;
/** Gradients go through more arithmetic than the result does. */
const GRADIENT_FACTOR = 10;
/** A rule and the definition beside it, both in f64. */
const DEFINITION_TOLERANCE = 1e-8;

/** The tests that every op must pass: five or six per case. */
export function opSuite(cases: Record<string, OpCase>): void {
  const exact = exactRuntime();
  const fast = fastRuntime();
  afterAll(() => {
    exact.dispose();
    fast.dispose();
  });
  for (const [op, opCase] of Object.entries(cases)) {
    describe(op, () => {
      resultTests(opCase, fast, exact);
      if (opCase.order > 0) gradientTests(opCase, opCase.order === 2 ? 2 : 1, fast, exact);
    });
  }
}

function resultTests(opCase: OpCase, fast: Runtime, exact: Runtime): void {
  const { tolerance = TOLERANCE } = opCase;

  it("gives in f32 what it gives in f64", () => {
    check(opCase, RUNS, (sample) => {
      expectSame(resultsOf(fast, sample), resultsOf(exact, sample), tolerance);
    });
  });

  it("leaves nothing behind but its result", () => {
    check(opCase, RUNS / 4, (sample) => {
      for (const runtime of [fast, exact]) expectNothingLeft(runtime, sample);
    });
  });
}

function gradientTests(opCase: OpCase, order: 1 | 2, fast: Runtime, exact: Runtime): void {
  const { tolerance = TOLERANCE } = opCase;

  it("has in f32 the gradient that it has in f64", () => {
    check(opCase, RUNS, (sample) => {
      expectSame(gradientsFor(fast, sample), gradientsFor(exact, sample), tolerance * GRADIENT_FACTOR);
    });
  });

  it("has the same gradient by its rule and by its definition", () => {
    check(opCase, RUNS, (sample) => {
      const throughDefinition = gradientsFor(exact, sample, { createGraph: true });
      expectSame(gradientsFor(exact, sample), throughDefinition, DEFINITION_TOLERANCE);
    });
  });

  it(`has the gradient that finite differences give, to order ${order}`, () => {
    check(opCase, GRADCHECK_RUNS, (sample) => {
      gradcheck(() => problemOf(sample), { order, elements: 3 });
    });
  });
}

/** A property over the samples of a case; `size` says which share of the usual runs it is worth. */
function check(
  { samples, effort: share = 1 }: OpCase,
  runs: number,
  property: (sample: OpSample) => void,
): void {
  const numRuns = Math.max(5, Math.ceil(runs * share * effort));
  fc.assert(fc.property(samples, property), { numRuns });
}

/** What came out, in plain numbers. */
interface Result {
  readonly shape: readonly number[];
  readonly dtype: "float" | "i32";
  readonly values: Float32Array | Float64Array | Int32Array;
}

function resultsOf(runtime: Runtime, sample: OpSample): Result[] {
  return within(runtime, () => outputsOf(sample, inputsOf(sample)).map(resultOf));
}

/** The gradients of Σ outputs·cotangents; zeros where an output does not depend on an input. */
function gradientsFor(runtime: Runtime, sample: OpSample, options: { createGraph?: boolean } = {}): Result[] {
  return within(runtime, () => {
    const inputs = inputsOf(sample);
    const wanted = inputs.filter((input) => input.requiresGrad);
    const outputs = outputsOf(sample, inputs).filter(({ dtype }) => dtype !== "i32");
    if (outputs.length === 0) return wanted.map(zerosLike);
    const cotangents = outputs.map(({ shape, size }, j) => tensor(cotangentOf(size, j), { shape }));
    const gradients = gradientsOf(outputs, cotangents, wanted, options);
    return gradients.map((gradient, k) => (gradient ? resultOf(gradient) : zerosLike(wanted[k]!)));
  });
}

const zerosLike = ({ shape, size }: Tensor): Result => ({
  shape,
  dtype: "float",
  values: new Float64Array(size),
});

function problemOf(sample: OpSample) {
  const all = inputsOf(sample);
  const inputs = all.filter((input) => input.requiresGrad);
  return { f: () => sample.run(...all), inputs };
}

/** In plain calls, outside every scope, an op makes its result and frees whatever else it needed. */
function expectNothingLeft(runtime: Runtime, sample: OpSample): void {
  withRuntime(runtime, () => {
    const inputs = inputsOf(sample);
    const before = runtime.memoryStats().liveTensors;
    const outputs = outputsOf(sample, inputs);
    const born = new Set(outputs.filter((output) => !inputs.includes(output)));
    const left = runtime.memoryStats().liveTensors - before - born.size;
    for (const handle of new Set([...inputs, ...outputs])) handle.dispose();
    const { liveTensors, liveBytes } = runtime.memoryStats();
    if (left !== 0) throw new Error(`${left} temporaries were left behind`);
    if (liveTensors !== 0 || liveBytes !== 0) {
      throw new Error(`${liveTensors} tensors, ${liveBytes} bytes live after all were disposed of`);
    }
  });
}

/** Runs `body` in a scope and checks that nothing outlives it. */
function within<T>(runtime: Runtime, body: () => T): T {
  const result = withRuntime(runtime, () => runtime.scope(body));
  const { liveTensors, liveBytes } = runtime.memoryStats();
  if (liveTensors === 0 && liveBytes === 0) return result;
  runtime.reset();
  throw new Error(`${liveTensors} tensors, ${liveBytes} bytes live after the scope`);
}

function inputsOf(sample: OpSample): Tensor[] {
  return sample.inputs.map(({ shape, data, dtype, differentiate = dtype !== "i32" }: InputSpec) => {
    const options = { shape, requiresGrad: differentiate };
    return tensor(Float64Array.from(data), dtype ? { ...options, dtype } : options);
  });
}

function outputsOf(sample: OpSample, inputs: readonly Tensor[]): readonly Tensor[] {
  const result = sample.run(...inputs);
  return result instanceof Tensor ? [result] : result;
}

function resultOf(t: Tensor): Result {
  return { shape: t.shape, dtype: t.dtype === "i32" ? "i32" : "float", values: t.toTypedArray() };
}

/** Uniform in [-1, 1), rounded to f32, so that every runtime gets the same. */
function cotangentOf(size: number, output: number): Float32Array {
  const random = new Random(7).fork(output);
  return Float32Array.from({ length: size }, (_, i) => 2 * random.uniform(i) - 1);
}

/** i32 exactly; floats within `tolerance` of the largest magnitude of that tensor, or of 1. */
function expectSame(actual: readonly Result[], expected: readonly Result[], tolerance: number): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} tensors, not ${expected.length}`);
  actual.forEach(({ shape, dtype, values }, i) => {
    const wanted = expected[i]!;
    if (dtype !== wanted.dtype) throw new Error(`tensor ${i} is ${dtype}, not ${wanted.dtype}`);
    if (String(shape) !== String(wanted.shape)) {
      throw new Error(`tensor ${i} has shape [${shape}], not [${wanted.shape}]`);
    }
    let largest = 1;
    for (const value of wanted.values) {
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    }
    const absolute = dtype === "i32" ? 0 : tolerance * largest;
    expectClose(values, wanted.values, { relative: 0, absolute });
  });
}

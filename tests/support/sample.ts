import { Random } from "../../src/random.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import type { GradcheckProblem } from "../../src/testing/gradcheck.ts";
import type { InputSpec, OpSample } from "./opCase.ts";

/** What came out, in plain numbers. */
interface Result {
  readonly shape: readonly number[];
  readonly dtype: "float" | "i32";
  readonly values: Float32Array | Float64Array | Int32Array;
}

/** What the call gives. */
export function resultsOf(runtime: Runtime, sample: OpSample): Result[] {
  return within(runtime, () => outputsOf(sample, inputsOf(sample)).map(resultOf));
}

/** The gradients of Σ outputs·cotangents; zeros where an output does not depend on an input. */
export function gradientsFor(
  runtime: Runtime,
  sample: OpSample,
  options: { createGraph?: boolean } = {},
): Result[] {
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

/** The sample for `gradcheck`. */
export function problemOf(sample: OpSample): GradcheckProblem {
  const all = inputsOf(sample);
  const inputs = all.filter((input) => input.requiresGrad);
  return { f: () => sample.run(...all), inputs };
}

/** In plain calls, outside every scope, an op makes its result and frees whatever else it needed. */
export function expectNothingLeft(runtime: Runtime, sample: OpSample): void {
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
  const before = runtime.memoryStats();
  const result = withRuntime(runtime, () => runtime.scope(body));
  const { liveTensors, liveBytes } = runtime.memoryStats();
  if (liveTensors === before.liveTensors && liveBytes === before.liveBytes) return result;
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
export function expectSame(actual: readonly Result[], expected: readonly Result[], tolerance: number): void {
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

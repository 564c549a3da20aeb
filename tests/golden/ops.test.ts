import { describe, expect, test } from "vitest";
import { withRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { torchOps } from "./torchOps.ts";

interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Record<string, never>;
  readonly inputs: Record<string, GoldenTensor>;
  readonly outputs: readonly GoldenTensor[];
  readonly cotangents: readonly GoldenTensor[];
  readonly grads: Record<string, GoldenTensor>;
  readonly torch_f32_max_abs_error?: { outputs: number; grads: Record<string, number> };
}

const golden = goldenJson<{ cases: GoldenCase[] }>("ops.json");

/** Inputs are f32 values; booleans become the floats 0 and 1, i64 becomes i32. */
function toTensor({ data, shape, dtype }: GoldenTensor, requiresGrad: boolean): Tensor {
  const isIndex = dtype === "i64";
  const values = isIndex ? Int32Array.from(data) : Float32Array.from(data, Number);
  return tensor(values, { shape, requiresGrad: requiresGrad && dtype === "f32" });
}

/** A few times PyTorch's own f32 error, plus what a double printed with 12 digits or an f32 can hold. */
function expectNear(what: string, actual: Tensor, wanted: GoldenTensor, torchError: number): void {
  expect(actual.shape, what).toEqual(wanted.shape);
  const exact = actual.runtime.floatType === "f64";
  const scale = Math.max(1, ...wanted.data.map((value) => Math.abs(Number(value))));
  const tolerance = exact ? 1e-10 * scale : 4 * torchError + 2e-6 * scale;
  // A wanted f32 (topk gives inputs back) is printed with the fewest digits that identify it.
  const wantedValues = wanted.data.map((value) =>
    wanted.dtype === "f32" ? Math.fround(value) : Number(value),
  );
  actual.toTypedArray().forEach((value, i) => {
    const error = Math.abs(value - wantedValues[i]!);
    if (!(error <= tolerance))
      throw new Error(`${what}[${i}]: ${value}, PyTorch ${wanted.data[i]}, tolerance ${tolerance}`);
  });
}

function check({
  op,
  attrs,
  inputs,
  outputs,
  cotangents,
  grads,
  torch_f32_max_abs_error: errors,
}: GoldenCase): void {
  const entries = Object.entries(inputs).map(
    ([name, value]) => [name, toTensor(value, name in grads)] as const,
  );
  const result = torchOps[op]!({ inputs: Object.fromEntries(entries), attrs });
  const ys = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
  expect(ys).toHaveLength(outputs.length);
  ys.forEach((y, i) => {
    expectNear(`output ${i}`, y, outputs[i]!, errors?.outputs ?? 0);
  });
  if (cotangents.length === 0) return;
  const differentiated = entries.filter(([name]) => name in grads);
  const dys = cotangents.map((dy) => toTensor(dy, false));
  const found = gradientsOf(
    ys,
    dys,
    differentiated.map(([, x]) => x),
  );
  differentiated.forEach(([name], i) => {
    expectNear(`gradient of ${name}`, found[i]!, grads[name]!, errors?.grads[name] ?? 0);
  });
}

const runtimes: readonly (readonly [string, () => Runtime])[] = [
  ["the f64 reference", exactRuntime],
  ["wasm", fastRuntime],
];

describe.each(runtimes)("operations as PyTorch computes them, on %s", (_, makeRuntime) => {
  const runtime = makeRuntime();
  test.each(golden.cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    withRuntime(runtime, () => runtime.scope(() => check(one)));
  });
});

test("every case of PyTorch is run", () => {
  expect(golden.cases.filter(({ op }) => !(op in torchOps)).map(({ name }) => name)).toEqual([]);
});

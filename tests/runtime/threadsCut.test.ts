import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelModules } from "#kernels";
import type { CoreKernels } from "../../src/runtime/kernels/index.ts";
import { WasmMemory } from "../../src/runtime/memory.ts";
import { wasmKernels } from "../../src/runtime/wasm.ts";
import {
  drawValues,
  type Problem as Head,
  type Machine,
  run as runHead,
} from "../kernels/attentionProblem.ts";
import { coreCases } from "../kernels/cases/index.ts";
import { given, largeProblems, multiply, problems } from "../kernels/gemmProblem.ts";
import { floatInput, floatOutput, type Implementation, type Result, run, wasm } from "../kernels/harness.ts";
import { cutKernels } from "./cutKernels.ts";

const memory = new WasmMemory();
const whole = wasmKernels(kernelModules.core(), kernelModules.gemm(), memory.memory);
const parts: Implementation = { name: "parts", precision: "f32", memory, kernels: cutKernels(whole, memory) };

const bitsOf = (result: Result) =>
  Array.from(new Int32Array(result.buffer, result.byteOffset, result.length));

/** That a NaN is one is contract, its bits are not. Floats and integers alike. */
function contractBits(result: Result): (number | "NaN")[] {
  const bits = bitsOf(result);
  return Array.from(result, (value, i) => (Number.isNaN(value) ? "NaN" : bits[i]!));
}

describe("in parts, with the same bits:", () => {
  for (const [kernel, draws] of Object.entries(coreCases) as [
    keyof CoreKernels,
    (typeof coreCases)["add"],
  ][]) {
    it(kernel, () => {
      const property = fc.property(fc.gen(), (draw) => {
        const call = draws(draw);
        const [got, wanted] = [run(parts, kernel, call), run(wasm, kernel, call)];
        call.operands.forEach((operand, i) => {
          if (operand?.role === "output") expect(contractBits(got[i]!)).toEqual(contractBits(wanted[i]!));
        });
      });
      fc.assert(property);
    });
  }

  it("gemm and gemmAddInto", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const values = given(problem);
        expect(bitsOf(multiply(parts, problem, values))).toEqual(bitsOf(multiply(wasm, problem, values)));
      }),
    );
  });

  it.each(largeProblems)("gemm, %o", (problem) => {
    const values = given(problem);
    expect(bitsOf(multiply(parts, problem, values))).toEqual(bitsOf(multiply(wasm, problem, values)));
  });

  it("rowTimesMatrix", () => {
    const [n, k] = [67, 131];
    const floats = (size: number) =>
      floatInput(Float32Array.from({ length: size }, (_, i) => Math.fround(1 / (i + 3))));
    const operands = [floatOutput(n + 2), floats(k + 1), floats(n * (k + 3))];
    const call = { operands, numbers: [2, 1, 0, n, k, k + 3], seed: 1 };
    expect(bitsOf(run(parts, "rowTimesMatrix", call)[0]!)).toEqual(
      bitsOf(run(wasm, "rowTimesMatrix", call)[0]!),
    );
  });
});

const head: Head = {
  ...{ queries: 37, keys: 45, headWidth: 20, scale: 0.3, causalOffset: 8, window: 2 ** 30 },
  ...{ dropoutRate: 0, packed: false, spare: 1, offset: 3, bound: 2, seed: 9 },
};

describe("attention in parts, with the same bits:", () => {
  const machine = ({ name, kernels }: Implementation): Machine => ({
    ...{ name, precision: "f32", kernels },
    buffer(bytes) {
      memory.grow(bytes);
      return memory.buffer;
    },
  });
  const [inParts, atOnce] = [machine(parts), machine({ ...parts, name: "whole", kernels: whole })];

  it.each<Partial<Head>>([
    {},
    { packed: true, headWidth: 32 },
    { queries: 300, keys: 300, causalOffset: 0 },
    { queries: 290, keys: 290, causalOffset: 0, window: 100 },
    { queries: 9, keys: 600, causalOffset: 600 },
    { queries: 64, keys: 64, causalOffset: 0, dropoutRate: 0.3 },
  ])("%o", (changes) => {
    const problem = { ...head, ...changes };
    const values = drawValues(problem);
    expect(runHead(inParts, "attention", problem, values)).toEqual(
      runHead(atOnce, "attention", problem, values),
    );
  });
});

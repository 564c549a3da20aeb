import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelModules } from "#kernels";
import { hasRelaxedSimd } from "../../src/runtime/features.ts";
import { WasmMemory } from "../../src/runtime/memory.ts";
import { wasmKernels } from "../../src/runtime/wasm.ts";
import {
  drawn,
  eachElement,
  type Given,
  given,
  largeProblems,
  layouts,
  multiply,
  type Part,
  type Problem,
  problems,
} from "./gemmProblem.ts";
import {
  floatInput,
  floatOutput,
  type Implementation,
  type Result,
  reference32,
  reference64,
  run,
  wasm,
} from "./harness.ts";

const builds: Implementation[] = [wasm];
if (hasRelaxedSimd() && kernelModules.gemmRelaxed) {
  const memory = new WasmMemory();
  const kernels = wasmKernels(kernelModules.core(), kernelModules.gemmRelaxed(), memory.memory);
  builds.push({ name: "wasm with fused multiply-add", precision: "f32", memory, kernels });
} else console.info("gemm: this engine has no relaxed SIMD, the fused build is not run");

function expectSame(got: Result, wanted: Result): void {
  const index = got.findIndex((value, i) => !Object.is(value, wanted[i]));
  if (index >= 0) expect(got[index], `C's memory at ${index}`).toBe(wanted[index]);
}

/**
 * |computed − exact| ≤ γ·Σ|a·b| for a sum of k products in any order, fused or not, with γ = (k + 1)·u and u
 * = 2⁻²⁴ (Higham 2002, section 3.1). C is one more term where it is added.
 */
function expectWithinRounding(problem: Problem, { a, b, c }: Given, got: Result): void {
  const at = layouts(problem);
  eachElement(problem, (index, z, i, j) => {
    const aStart = problem.offset + z * at.a.batch + i * at.a.row;
    const bStart = problem.offset + z * at.b.batch + j * at.b.column;
    let exact = problem.add ? c[index]! : 0;
    let magnitude = Math.abs(exact);
    for (let p = 0; p < problem.k; p++) {
      const term = a[aStart + p * at.a.column]! * b[bStart + p * at.b.row]!;
      exact += term;
      magnitude += Math.abs(term);
    }
    const bound = (problem.k + 2) * 2 ** -24 * magnitude;
    if (!(Math.abs(got[index]! - exact) <= bound))
      expect.fail(`c[${z}, ${i}, ${j}] is ${got[index]}, not ${exact}`);
  });
}

/** What is no element of C is as before. */
function expectGapsKept(problem: Problem, before: Float32Array, after: Result): void {
  const expected = before.slice();
  eachElement(problem, (index) => {
    expected[index] = after[index]!;
  });
  expectSame(after, expected);
}

describe("gemm", () => {
  const agrees = (problem: Problem) => {
    const operands = given(problem);
    expectSame(multiply(wasm, problem, operands), multiply(reference32, problem, operands));
  };

  it("equals the reference bit for bit", () => fc.assert(fc.property(problems, agrees)));

  it.each(largeProblems)("equals the reference bit for bit on $m×$k×$n", agrees);

  it("passes NaN and infinity on to their row and column only", () => {
    const problem: Problem = { ...largeProblems[0]!, m: 13, n: 21, k: 9 };
    const operands = given(problem);
    operands.a[4 * problem.k + 2] = Number.NaN;
    operands.b[3 * problem.n + 17] = Number.POSITIVE_INFINITY;
    const c = multiply(wasm, problem, operands);
    expectSame(c, multiply(reference32, problem, operands));
    eachElement(problem, (index, _, i, j) => expect(Number.isFinite(c[index])).toBe(i !== 4 && j !== 17));
  });

  it("has a reference in doubles that is the plain definition", () => {
    const problem: Problem = { ...largeProblems[0]!, m: 5, n: 3, k: 300 };
    const { a, b, c } = given(problem);
    const got = multiply(reference64, problem, { a, b, c });
    eachElement(problem, (index, _, i, j) => {
      let sum = 0;
      for (let p = 0; p < problem.k; p++) sum += a[i * problem.k + p]! * b[p * problem.n + j]!;
      expect(got[index]).toBeCloseTo(sum, 12);
    });
  });
});

describe.each(builds)("gemm, $name", (on) => {
  const isRight = (problem: Problem) => {
    const operands = given(problem);
    const c = multiply(on, problem, operands);
    expectWithinRounding(problem, operands, c);
    expectGapsKept(problem, operands.c, c);
  };

  it("is exact within rounding and writes nothing but C", () => fc.assert(fc.property(problems, isRight)));

  it.each(largeProblems)("is exact within rounding on $m×$k×$n", isRight);

  /** C computed in four parts around a cross. */
  const inParts = (problem: Problem, operands: Given, row: number, column: number): Result => {
    let c: Result = operands.c;
    for (const rows of [
      [0, row],
      [row, problem.m],
    ] as Part["rows"][])
      for (const columns of [
        [0, column],
        [column, problem.n],
      ] as Part["columns"][])
        if (rows[0] < rows[1] && columns[0] < columns[1])
          c = multiply(on, problem, { ...operands, c: Float32Array.from(c) }, { rows, columns });
    return c;
  };

  it("gives each element the same bits, alone or among others", () =>
    fc.assert(
      fc.property(problems, fc.nat(), fc.nat(), (problem, row, column) => {
        const operands = given(problem);
        const whole = multiply(on, problem, operands);
        expectSame(inParts(problem, operands, row % problem.m, column % problem.n), whole);
      }),
    ));

  it.each(largeProblems)("gives each element the same bits in parts of $m×$k×$n", (problem) => {
    const operands = given(problem);
    const whole = multiply(on, problem, operands);
    expectSame(inParts(problem, operands, Math.min(7, problem.m - 1), problem.n >> 1), whole);
  });

  it("gives the same bits however the operands lie", () =>
    fc.assert(
      fc.property(problems, (problem) => {
        const packed: Problem = {
          ...{ ...problem, transposeA: false, transposeB: false, spare: 0, offset: 0, gap: 0 },
          add: false,
        };
        const elements = (of: Problem): number[] => {
          const c = multiply(on, of, given(of));
          const values: number[] = [];
          eachElement(of, (index) => values.push(c[index]!));
          return values;
        };
        expect(elements({ ...problem, add: false })).toEqual(elements(packed));
      }),
    ));

  it("adds to C what it would have written", () =>
    fc.assert(
      fc.property(problems, (problem) => {
        const oneBlock = { ...problem, k: Math.min(problem.k, 256), spare: 0, gap: 0, offset: 0 };
        const operands = given(oneBlock);
        const product = multiply(on, { ...oneBlock, add: false }, operands);
        const sum = multiply(on, { ...oneBlock, add: true }, operands);
        expectSame(
          sum,
          operands.c.map((value, i) => value + product[i]!),
        );
      }),
    ));
});

describe.each(builds)("rowTimesMatrix, $name", (on) => {
  const rowProblems = fc.record({
    n: fc.integer({ min: 1, max: 40 }),
    k: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(255, 256, 257, 768)),
    spare: fc.constantFrom(0, 1, 4),
    offset: fc.constantFrom(0, 1, 3),
    seed: fc.integer(),
  });

  it("equals the reference, bit for bit without fused multiply-add", () =>
    fc.assert(
      fc.property(rowProblems, ({ n, k, spare, offset, seed }) => {
        const x = floatInput(drawn(offset + k, seed));
        const w = floatInput(drawn(offset + n * (k + spare), seed + 1));
        const numbers = [offset, offset, offset, n, k, k + spare];
        const call = { operands: [floatOutput(offset + n + 3), x, w], numbers, seed };
        const got = run(on, "rowTimesMatrix", call)[0]!;
        const wanted = run(reference32, "rowTimesMatrix", call)[0]!;
        if (on === wasm) expectSame(got, wanted);
        // Values are below 1: both sums are within (k + 1)·u·k of the exact one.
        for (let j = offset; j < offset + n; j++)
          expect(Math.abs(got[j]! - wanted[j]!)).toBeLessThanOrEqual(2 * (k + 1) * k * 2 ** -24);
      }),
    ));
});

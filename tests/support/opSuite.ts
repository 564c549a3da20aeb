import fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { gradcheck } from "../../src/testing/gradcheck.ts";
import type { OpCase, OpSample } from "./opCase.ts";
import { exactRuntime, fastRuntime } from "./runtimes.ts";
import { expectNothingLeft, expectSame, gradientsFor, problemOf, resultsOf } from "./sample.ts";
import { effort } from "./seed.ts";

/** Usual number of samples of each comparison, and of each check against finite differences. */
const RUNS = 40;
const GRADCHECK_RUNS = 12;
/** Forward error of f32 relative to the largest magnitude unless a case says otherwise. */
export const TOLERANCE = 1e-5;
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

/** A property over the samples of a case, which may be worth less or more than the usual runs. */
function check(
  { samples, effort: share = 1 }: OpCase,
  runs: number,
  property: (sample: OpSample) => void,
): void {
  const numRuns = Math.max(5, Math.ceil(runs * share * effort));
  fc.assert(fc.property(samples, property), { numRuns });
}

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tensor } from "../../src/tensor/create.ts";
import { everyCase } from "../support/everyCase.ts";
import { TOLERANCE } from "../support/opSuite.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { expectSame, gradientsFor, resultsOf } from "../support/sample.ts";

/** A call or two of an op is enough to meet a pointer that was taken for a negative number. */
const RUNS = 3;

describe("beyond 2 GiB", () => {
  let high: Runtime;
  let exact: Runtime;

  beforeAll(() => {
    high = createRuntime({ maxMemory: 4 * 2 ** 30 });
    exact = exactRuntime();
    // Never touched, so the machine need not have it.
    high.allocate(2 ** 29);
  });

  afterAll(() => {
    high.dispose();
    exact.dispose();
  });

  it("lies what is made now", () => {
    withRuntime(high, () => {
      const x = tensor([1, 2, 3]);
      expect(x.ptr).toBeGreaterThanOrEqual(2 ** 31);
      expect(x.toArray()).toEqual([1, 2, 3]);
      x.dispose();
    });
  });

  it.each(Object.entries(everyCase))("%s works", (_, { samples, order, tolerance = TOLERANCE }) => {
    const property = fc.property(samples, (sample) => {
      expectSame(resultsOf(high, sample), resultsOf(exact, sample), tolerance);
      if (order === 0) return;
      expectSame(gradientsFor(high, sample), gradientsFor(exact, sample), 10 * tolerance);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});

import fc from "fast-check";
import { describe, test } from "vitest";
import type { CoreKernels } from "../../src/runtime/kernels/index.ts";
import { effort } from "../support/seed.ts";
import { expectAgreement } from "./agreement.ts";
import { adamwCases } from "./cases/adamw.ts";
import { crossEntropyCases } from "./cases/crossEntropy.ts";
import { elementwiseCases } from "./cases/elementwise.ts";
import { indexingCases } from "./cases/indexing.ts";
import { moveCases } from "./cases/move.ts";
import { normCases } from "./cases/norm.ts";
import { randomCases } from "./cases/random.ts";
import { reduceCases } from "./cases/reduce.ts";
import { softmaxCases } from "./cases/softmax.ts";
import type { Case } from "./draw.ts";

/** One case per kernel; a kernel without one is a type error. */
const cases: Record<keyof CoreKernels, Case> = {
  ...elementwiseCases,
  ...reduceCases,
  ...moveCases,
  ...softmaxCases,
  ...normCases,
  ...crossEntropyCases,
  ...indexingCases,
  ...randomCases,
  ...adamwCases,
};

describe("wasm and both references agree on", () => {
  for (const [kernel, draws] of Object.entries(cases) as [keyof CoreKernels, Case][]) {
    test(kernel, () => {
      const property = fc.property(fc.gen(), (draw) => expectAgreement(kernel, draws(draw)));
      fc.assert(property, { numRuns: 100 * effort });
    });
  }
});

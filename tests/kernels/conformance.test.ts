import fc from "fast-check";
import { describe, test } from "vitest";
import type { CoreKernels } from "../../src/runtime/kernels/index.ts";
import { effort } from "../support/seed.ts";
import { expectAgreement } from "./agreement.ts";
import { coreCases } from "./cases/index.ts";
import type { Case } from "./draw.ts";

describe("wasm and both references agree on", () => {
  for (const [kernel, draws] of Object.entries(coreCases) as [keyof CoreKernels, Case][]) {
    test(kernel, () => {
      const property = fc.property(fc.gen(), (draw) => expectAgreement(kernel, draws(draw)));
      fc.assert(property, { numRuns: 100 * effort });
    });
  }
});

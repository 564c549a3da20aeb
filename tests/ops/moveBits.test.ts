import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tensor } from "../../src/tensor/create.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import type { OpCase, OpSample } from "../support/opCase.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { indexingCases } from "./cases/indexing.ts";
import { partCases } from "./cases/parts.ts";
import { shapeCases } from "./cases/shape.ts";

/** Whole numbers whose bits, read as floats, are NaN (the first three signalling or negative), denormal, or large. */
const AWKWARD = [-1, -100, -5_000_000, 2 ** 31 - 1, -(2 ** 31), 1, 8_388_609];
/** Positions count from here, so that they are not taken for what `pad` puts in. */
const FIRST = 1000;

const runtimes: Record<string, Runtime> = {
  "the kernels": fastRuntime(),
  "the f32 reference": createRuntime({ backend: referenceBackend({ precision: "f32" }) }),
  "the f64 reference": exactRuntime(),
};

afterAll(() => {
  for (const runtime of Object.values(runtimes)) runtime.dispose();
});

/** The results of a call whose float inputs are i32 tensors of what `valueAt` gives for the positions in all of them. */
function resultsOf(runtime: Runtime, sample: OpSample, valueAt: (position: number) => number) {
  return withRuntime(runtime, () =>
    runtime.scope(() => {
      let position = 0;
      const inputs = sample.inputs.map(({ shape, data, dtype }) => {
        const values = dtype ? data : data.map(() => valueAt(position++));
        return tensor(Int32Array.from(values), { shape });
      });
      const result = sample.run(...inputs);
      return (result instanceof Tensor ? [result] : result).map((y) => y.toTypedArray());
    }),
  );
}

const { gather, indexSelect } = indexingCases;
const moves: Record<string, OpCase> = { ...shapeCases, ...partCases, gather, indexSelect };

for (const [name, runtime] of Object.entries(runtimes)) {
  describe(`whole numbers on ${name}`, () => {
    for (const [op, { samples }] of Object.entries(moves)) {
      it(`go through ${op} bit for bit`, () => {
        fc.assert(
          fc.property(samples, (sample) => {
            const awkward = (position: number) => AWKWARD[position % AWKWARD.length]!;
            const cameFrom = resultsOf(runtime, sample, (position) => FIRST + position);
            const expected = cameFrom.map((from) =>
              Int32Array.from(from, (value) => (value >= FIRST ? awkward(value - FIRST) : value)),
            );
            expect(resultsOf(runtime, sample, awkward)).toEqual(expected);
          }),
        );
      });
    }
  });
}

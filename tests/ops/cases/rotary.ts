import fc from "fast-check";
import { rotary } from "../../../src/ops/rotary.ts";
import { drawFloats } from "../../support/inputs.ts";
import type { OpCase } from "../../support/opCase.ts";

const size = (max: number) => fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max }) }, fc.constant(0));

/** Angles for every row, for all batch entries, or for all heads too; trained ones now and then. */
const samples = fc
  .tuple(size(2), size(3), size(3), size(9), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }))
  .chain(([batches, time, heads, half, kind, trained]) => {
    const angles = [
      [batches, time, heads, half],
      [time, heads, half],
      [time, 1, half],
    ][kind]!;
    const table = drawFloats(angles).map((input) => ({ ...input, differentiate: trained === 0 }));
    return fc.tuple(drawFloats([batches, time, heads, 2 * half]), table, table);
  })
  .map((inputs) => ({
    inputs,
    run: (...[x, cosine, sine]: Parameters<typeof rotary>) => rotary(x, cosine, sine),
  }));

export const rotaryCases = { rotary: { samples, order: 2 } } as { rotary: OpCase };

import fc from "fast-check";
import { layerNorm } from "../../../src/ops/layerNorm.ts";
import { rmsNorm } from "../../../src/ops/rmsNorm.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase } from "../../support/opCase.ts";

/**
 * Rows of two elements or more (a row of one has variance 0, and 1/√eps magnifies rounding), and an eps of
 * 0.1, because a row that happens to be nearly constant is as bad. Small and large eps are compared by
 * hand-written tests.
 */
const eps = 0.1;

const normInputs: fc.Arbitrary<{ x: InputSpec; gain: InputSpec; bias: InputSpec }> = drawShape({
  minRank: 1,
  maxRank: 3,
  lastMax: 19,
})
  .filter((shape) => shape.at(-1) !== 1)
  .chain((shape) =>
    fc.record({
      x: drawFloats(shape),
      gain: drawFloats([shape.at(-1)!], 0.5, 1.5),
      bias: drawFloats([shape.at(-1)!]),
    }),
  );

export const normCases = {
  layerNorm: {
    samples: fc
      .tuple(normInputs, fc.boolean(), fc.boolean())
      .map(([{ x, gain, bias }, hasGain, hasBias]) => ({
        label: `gain ${hasGain}, bias ${hasBias}`,
        inputs: [x, ...(hasGain ? [gain] : []), ...(hasBias ? [bias] : [])],
        run: (x, ...rest) =>
          layerNorm(x!, {
            gain: hasGain ? rest[0] : undefined,
            bias: hasBias ? rest.at(-1) : undefined,
            eps,
          }),
      })),
    order: 2,
  },
  rmsNorm: {
    samples: fc.tuple(normInputs, fc.boolean()).map(([{ x, gain }, hasGain]) => ({
      label: `gain ${hasGain}`,
      inputs: hasGain ? [x, gain] : [x],
      run: (x, gain) => rmsNorm(x!, { gain, eps }),
    })),
    order: 2,
  },
} satisfies Record<string, OpCase>;

import type { RandomKernels } from "../../../src/runtime/kernels/random.ts";
import { type Example, same, ulps } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatInput, floatOutput } from "../harness.ts";

/** The number of the first element, and the key. */
function stream(draw: Draw): readonly number[] {
  return [draw(d.oneOf, 0, 0, 4, 16, 1200, 2 ** 30), ...d.slots(draw, 2)];
}

/** The same numbers on every precision. */
const distribution =
  (parameters: (draw: Draw) => readonly number[]): Case =>
  (draw): Example => {
    const size = draw(d.sumLength);
    return {
      operands: [floatOutput(size)],
      numbers: [size, ...stream(draw), ...parameters(draw)],
      seed: draw(d.seed),
      bits: "all",
      tolerance: same,
    };
  };

const dropout: Case = (draw) => {
  const size = draw(d.sumLength);
  const x = floatInput(d.floats(draw, size, d.finite));
  const inPlace = draw(d.boolean);
  const y = inPlace ? changed(x) : floatOutput(size);
  return {
    operands: [y, inPlace ? y : x],
    numbers: [size, ...stream(draw), draw(d.oneOf, 0.5, 0.1, 0, 0.9, 1 - 2 ** -24)],
    seed: draw(d.seed),
    bits: "all",
    // The factor's rounding and the product's.
    tolerance: ulps(1.5),
  };
};

export const randomCases = {
  randomUniform: distribution((draw) => draw(d.oneOf, [0, 1], [-1, 1], [0.1, 0.7], [-1e-3, 1e6])),
  randomNormal: distribution((draw) => draw(d.oneOf, [0, 1], [0, 0.02], [-3.1, 0.1])),
  dropout,
} satisfies Record<keyof RandomKernels, Case>;

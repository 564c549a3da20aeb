import type { MoveKernels } from "../../../src/runtime/kernels/move.ts";
import { rounded, same } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatOutput, intInput, intOutput } from "../harness.ts";

/**
 * Strides that lay `sizes` out densely in a drawn order of axes, each forwards or backwards; `offset` is
 * where index 0 lies.
 */
function denseStrides(draw: Draw, sizes: readonly number[]): { strides: number[]; offset: number } {
  const strides = [0, 0, 0, 0];
  let offset = 0;
  let step = draw(d.oneOf, 1, 1, 2);
  for (const axis of draw(d.permutation, [3, 2, 1, 0])) {
    const isReversed = draw(d.oneOf, false, false, false, true);
    strides[axis] = isReversed ? -step : step;
    if (isReversed) offset += step * (sizes[axis]! - 1);
    step *= sizes[axis]!;
  }
  return { strides, offset };
}

const copy: Case = (draw) => {
  const sizes = [draw(d.smallCount), draw(d.smallCount), draw(d.smallCount), draw(d.vectorSize)];
  const to = denseStrides(draw, sizes);
  const from = denseStrides(draw, sizes);
  // A repeated axis reads index 0 each time; the others still stay inside.
  const repeated = sizes.map(() => draw(d.oneOf, false, false, false, true));
  const xStrides = from.strides.map((stride, axis) => (repeated[axis] ? 0 : stride));
  const [yOffset, xOffset] = [draw(d.offset), draw(d.offset)];
  const size = 2 * sizes.reduce((a, b) => a * b);
  return {
    operands: [changed(intInput(d.slots(draw, yOffset + size))), intInput(d.slots(draw, xOffset + size))],
    numbers: [yOffset + to.offset, xOffset + from.offset, ...sizes, ...to.strides, ...xStrides],
    seed: draw(d.seed),
    bits: "all",
    tolerance: same,
  };
};

export const moveCases = {
  copy,
  fill: (draw) => {
    const size = draw(d.vectorSize);
    const value = d.floats(draw, 1, d.anything)[0]! * draw(d.oneOf, 1, 1 + 2 ** -30);
    return {
      operands: [floatOutput(size)],
      numbers: [size, value],
      seed: draw(d.seed),
      bits: "all",
      tolerance: rounded,
    };
  },
  fillI32: (draw) => {
    const size = draw(d.vectorSize);
    const value = d.slots(draw, 1)[0]!;
    return {
      operands: [intOutput(size)],
      numbers: [size, value],
      seed: draw(d.seed),
      bits: "all",
      tolerance: same,
    };
  },
} satisfies Record<keyof MoveKernels, Case>;

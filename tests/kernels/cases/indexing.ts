import type { IndexingKernels } from "../../../src/runtime/kernels/indexing.ts";
import { EPSILON, type Example, same } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatInput, floatOutput, intInput, intOutput, scratch } from "../harness.ts";

interface Sizes {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly count: number;
}

function sizes(draw: Draw): Sizes {
  return {
    outer: draw(d.smallCount),
    length: draw(d.oneOf, 1, 2, 3, 7, 20),
    inner: draw(d.vectorSize),
    count: draw(d.oneOf, 1, 2, 3, 5, 16, 33),
  };
}

/** y is taken from x by index; one index for all, or one for each element of y. */
const selection =
  (hasIndexPerElement: boolean): Case =>
  (draw): Example => {
    const { outer, length, inner, count } = sizes(draw);
    const indices = hasIndexPerElement ? outer * count * inner : count;
    return {
      operands: [
        intOutput(outer * count * inner),
        intInput(d.slots(draw, outer * length * inner)),
        intInput(d.integers(draw, indices, 0, length)),
      ],
      numbers: [outer, length, inner, count],
      seed: draw(d.seed),
      bits: "all",
      tolerance: same,
    };
  };

/** x is added to y by index: up to `count` additions to one element, each of at most 17 in size. */
const addition =
  (hasIndexPerElement: boolean): Case =>
  (draw): Example => {
    const { outer, length, inner, count } = sizes(draw);
    const indices = hasIndexPerElement ? outer * count * inner : count;
    return {
      operands: [
        changed(floatInput(d.floats(draw, outer * length * inner, d.finite))),
        floatInput(d.floats(draw, outer * count * inner, d.finite)),
        intInput(d.integers(draw, indices, 0, length)),
      ],
      numbers: [outer, length, inner, count],
      seed: draw(d.seed),
      bits: "all",
      tolerance: () => (17 * (count + 1) * count * EPSILON) / 2,
    };
  };

const sort = (draw: Draw): Example => {
  const rows = draw(d.smallCount);
  const width = draw(d.rowWidth);
  const values = draw(d.boolean)
    ? d.anything
    : d.sometimes([...d.NON_FINITE, 0, -0], (random) => Math.floor(5 * random()));
  return {
    operands: [
      floatOutput(rows * width),
      intOutput(rows * width),
      floatInput(d.floats(draw, rows * width, values)),
      scratch(2 * width),
    ],
    numbers: [rows, width, draw(d.oneOf, 0, 1)],
    seed: draw(d.seed),
    bits: "all",
    tolerance: same,
  };
};

export const indexingCases = {
  indexSelect: selection(false),
  indexAddInto: addition(false),
  gather: selection(true),
  scatterAddInto: addition(true),
  sort,
} satisfies Record<keyof IndexingKernels, Case>;

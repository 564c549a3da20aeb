import fc from "fast-check";
import { swiglu } from "../../../src/ops/swiglu.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { OpCase } from "../../support/opCase.ts";

export const swigluCases = {
  swiglu: {
    samples: drawShape({ maxRank: 3, lastMax: 37 })
      .chain((shape) => fc.tuple(drawFloats(shape), drawFloats(shape)))
      .map((inputs) => ({ inputs, run: (gate, up) => swiglu(gate!, up!) })),
    order: 2,
  },
} satisfies Record<string, OpCase>;

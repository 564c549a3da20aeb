import fc from "fast-check";
import { dropout } from "../../../src/ops/dropout.ts";
import { embedding } from "../../../src/ops/embedding.ts";
import { Random } from "../../../src/random.ts";
import { drawFloats, drawIndices, drawShape } from "../../support/inputs.ts";
import type { OpCase } from "../../support/opCase.ts";

export const embeddingCases = {
  embedding: {
    samples: fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 19 }), drawShape({ maxRank: 3 }))
      .chain(([vocabulary, width, shape]) =>
        fc.tuple(drawFloats([vocabulary, width]), drawIndices(shape, vocabulary)),
      )
      .map(([weight, indices]) => ({
        inputs: [weight, indices],
        run: (weight, indices) => embedding(weight!, indices!),
      })),
    order: 2,
  },
  dropout: {
    samples: fc
      .tuple(
        drawShape().chain((shape) => drawFloats(shape)),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.nat(),
      )
      .map(([x, rate, seed]) => ({
        label: `rate ${rate}, seed ${seed}`,
        inputs: [x],
        run: (x) => dropout(x!, { rate, random: new Random(seed) }),
      })),
    order: 2,
  },
} satisfies Record<string, OpCase>;

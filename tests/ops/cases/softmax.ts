import fc from "fast-check";
import { logSoftmax } from "../../../src/ops/logSoftmax.ts";
import { softmax } from "../../../src/ops/softmax.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { OpCase, OpSample } from "../../support/opCase.ts";

type AlongAxis = (x: Tensor, options: { axis?: number }) => Tensor;

/** Any axis, counted from either end; the last one longer than a vector. */
function alongAnyAxis(op: AlongAxis): fc.Arbitrary<OpSample> {
  return drawShape({ minRank: 1, maxRank: 4, lastMax: 19 }).chain((shape) =>
    fc
      .tuple(drawFloats(shape, -4, 4), fc.integer({ min: -shape.length, max: shape.length - 1 }))
      .map(([x, axis]) => ({ label: `axis ${axis}`, inputs: [x], run: (x) => op(x!, { axis }) })),
  );
}

export const softmaxCases = {
  softmax: { samples: alongAnyAxis(softmax), order: 2 },
  logSoftmax: { samples: alongAnyAxis(logSoftmax), order: 2 },
} satisfies Record<string, OpCase>;

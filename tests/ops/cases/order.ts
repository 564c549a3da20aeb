import fc from "fast-check";
import { sort, topk } from "../../../src/ops/index.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase, OpSample } from "../../support/opCase.ts";
import { drawDistinct, drawWhole } from "../../support/operands.ts";

interface Along {
  readonly axis: number;
  /** Elements along it. */
  readonly length: number;
  readonly flag: boolean;
  /** Between 0 and 1. */
  readonly share: number;
}

type Call = (x: Tensor, along: Along) => { values: Tensor; indices: Tensor };

/** Any axis. Integers have ties, whose order is compared too; floats have none, because they are differentiated. */
function alongAnyAxis(call: Call): fc.Arbitrary<OpSample> {
  return drawShape({ minRank: 1, maxRank: 4, lastMax: 17 }).chain((shape) => {
    const axis = fc.integer({ min: -shape.length, max: shape.length - 1 });
    const x: fc.Arbitrary<InputSpec> = fc.oneof(
      { weight: 3, arbitrary: drawDistinct(shape) },
      drawWhole(shape, "i32"),
      drawWhole(shape, "float").map((input) => ({ ...input, differentiate: false })),
    );
    return fc.tuple(x, axis, fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true })).map(
      ([input, axis, flag, share]): OpSample => ({
        label: JSON.stringify({ axis, flag, share }),
        inputs: [input],
        run: (t) => {
          const { values, indices } = call(t!, { axis, length: shape.at(axis)!, flag, share });
          return [values, indices];
        },
      }),
    );
  });
}

export const orderCases = {
  sort: { samples: alongAnyAxis((x, { axis, flag }) => sort(x, { axis, descending: flag })), order: 2 },
  topk: {
    samples: alongAnyAxis((x, { axis, length, flag, share }) =>
      topk(x, Math.round(share * length), { axis, largest: flag }),
    ),
    order: 2,
  },
} satisfies Record<string, OpCase>;

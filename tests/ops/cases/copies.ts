import fc from "fast-check";
import { assign, cast, clone, detach } from "../../../src/ops/index.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { InputSpec, OpCase, OpSample } from "../../support/opCase.ts";
import { drawWhole } from "../../support/operands.ts";

function calls(op: (x: Tensor) => Tensor): fc.Arbitrary<OpSample> {
  return drawShape({ maxRank: 4 })
    .chain((shape): fc.Arbitrary<InputSpec> => fc.oneof(drawFloats(shape), drawWhole(shape, "i32")))
    .map((x) => ({ inputs: [x], run: (t) => op(t!) }));
}

export const copyCases = {
  clone: { samples: calls(clone), order: 2 },
  detach: { samples: calls(detach), order: 0 },
  "cast to floats": { samples: calls((x) => cast(x, x.runtime.floatType)), order: 2 },
  "cast to i32": { samples: calls((x) => cast(x, "i32")), order: 0 },
  assign: {
    samples: drawShape().chain((shape) =>
      fc
        .tuple(drawFloats(shape), fc.oneof(drawFloats(shape), drawWhole(shape, "i32")))
        .map((inputs) => ({ inputs, run: (target, source) => assign(target!, source!) })),
    ),
    order: 0,
  },
} satisfies Record<string, OpCase>;

import { ArgumentError } from "../errors.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { greaterEqual } from "./greaterEqual.ts";
import { lessEqual } from "./lessEqual.ts";
import { logicalAnd } from "./logicalAnd.ts";
import { maximum } from "./maximum.ts";
import { minimum } from "./minimum.ts";
import { where } from "./where.ts";

/** One of them may be left out. */
export interface ClampOptions {
  readonly min?: number;
  readonly max?: number;
}

/** x brought into [min, max]; the gradient passes where it lies there, borders included. i32 stays i32 where the borders are whole. */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  const runtime = operands("clamp", x);
  const { min, max } = options;
  if (min === undefined && max === undefined) throw new ArgumentError("clamp", "min or max", "neither");
  const y = runtime.withRecording(false, () =>
    runtime.scope(() => {
      const raised = min === undefined ? x : maximum(x, min);
      return max === undefined ? raised : minimum(raised, max);
    }),
  );
  return record(y, clampRule, { inputs: [x], saved: [x], constants: options });
}

const clampRule: Rule<ClampOptions> = {
  op: "clamp",
  backward: ([dy], { saved: [x], constants: { min = -Infinity, max = Infinity } }) => {
    const inside = logicalAnd(greaterEqual(x!, min), lessEqual(x!, max));
    return [where(inside, dy!, 0)];
  },
};

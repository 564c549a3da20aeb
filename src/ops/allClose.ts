import type { Tensor } from "../tensor/tensor.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { all } from "./all.ts";
import { cast } from "./cast.ts";
import { equal } from "./equal.ts";
import { isFinite as finite } from "./isFinite.ts";
import { lessEqual } from "./lessEqual.ts";
import { logicalAnd } from "./logicalAnd.ts";
import { logicalOr } from "./logicalOr.ts";
import { mul } from "./mul.ts";
import { notEqual } from "./notEqual.ts";
import { sub } from "./sub.ts";
import { runtimeOf } from "./support/operand.ts";

export interface AllCloseOptions {
  /** Default 1e-5. */
  readonly relativeTolerance?: number;
  /** Default 1e-8. */
  readonly absoluteTolerance?: number;
  /** Whether NaN is close to NaN. Default false. */
  readonly equalNaN?: boolean;
}

/** Whether |a - b| ≤ absoluteTolerance + relativeTolerance·|b| everywhere, a and b broadcast. Infinities are close to themselves. */
export function allClose(a: Tensor, b: Tensor, options: AllCloseOptions = {}): boolean {
  const { relativeTolerance = 1e-5, absoluteTolerance = 1e-8, equalNaN = false } = options;
  const runtime = runtimeOf("allClose", a, b);
  const closeness = () => {
    const expected = cast(b, runtime.floatType);
    const difference = abs(sub(a, expected));
    const allowed = add(mul(abs(expected), relativeTolerance), absoluteTolerance);
    const near = logicalAnd(finite(difference), lessEqual(difference, allowed));
    const same = logicalOr(near, equal(a, b));
    return equalNaN ? logicalOr(same, logicalAnd(notEqual(a, a), notEqual(b, b))) : same;
  };
  return runtime.withRecording(false, () => runtime.scope(() => all(closeness()).item() === 1));
}

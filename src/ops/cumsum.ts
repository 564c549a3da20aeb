import { normalizeAxis } from "../shape.ts";
import { emptyLike, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flip } from "./flip.ts";
import { reshape } from "./reshape.ts";
import { toFloat } from "./support/operand.ts";
import { around } from "./support/reduce.ts";

/**
 * y[…, l, …] = Σ x[…, j, …] over j ≤ l along `axis`. An i32 x is summed as floats; a scalar is taken for a
 * vector.
 */
export function cumsum(x: Tensor, { axis }: { readonly axis: number }): Tensor {
  const runtime = operands("cumsum", x);
  if (x.rank === 0) return runtime.scope(() => reshape(cumsum(reshape(x, [1]), { axis }), []));
  const at = normalizeAxis("cumsum", axis, x.rank);
  const { outer, length, inner } = around(x.shape, at);
  const floats = toFloat(x);
  const y = emptyLike(floats);
  runtime.kernels.cumsum(y.ptr, floats.ptr, outer, length, inner);
  if (floats !== x) floats.dispose();
  return record(y, cumsumRule, { inputs: [x], constants: at });
}

/** dx[j] = Σ dy[l] over l ≥ j: the same from the other end. */
const cumsumRule: Rule<number> = {
  op: "cumsum",
  backward: ([dy], { constants: axis }) => [flip(cumsum(flip(dy!, { axis }), { axis }), { axis })],
};

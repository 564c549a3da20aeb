import { normalizeAxes, stridesOf } from "../shape.ts";
import { emptyLike, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyStrided } from "./support/copy.ts";

/** x read backwards along `axis`: one axis, several, or (default) all. */
export function flip(x: Tensor, { axis }: { readonly axis?: number | readonly number[] } = {}): Tensor {
  operands("flip", x);
  const axes = normalizeAxes("flip", axis, x.rank);
  const y = emptyLike(x);
  const steps = stridesOf(x.shape);
  const xOffset = axes.reduce((offset, a) => offset + (x.shape[a]! - 1) * steps[a]!, 0);
  const xStrides = steps.map((step, a) => (axes.includes(a) ? -step : step));
  copyStrided(y, x, { shape: x.shape, xStrides, xOffset });
  return record(y, flipRule, { inputs: [x], constants: axes });
}

const flipRule: Rule<readonly number[]> = {
  op: "flip",
  backward: ([dy], { constants: axis }) => [flip(dy!, { axis })],
};

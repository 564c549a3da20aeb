import { normalizeAxes } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";

/**
 * x without its axes of size 1, or without those of them that `axis` names. An axis of another size stays, as in PyTorch. Shares x's
 * storage.
 */
export function squeeze(x: Tensor, { axis }: { readonly axis?: number | readonly number[] } = {}): Tensor {
  operands("squeeze", x);
  const axes = normalizeAxes("squeeze", axis, x.rank);
  return reshape(
    x,
    x.shape.filter((n, a) => n !== 1 || !axes.includes(a)),
  );
}

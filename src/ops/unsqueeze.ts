import { normalizeAxes } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";

/**
 * x with new axes of size 1, which are those that `axis` names in the result. Shares x's storage.
 *
 * ```ts
 * unsqueeze(x, { axis: 0 }); // [T, C] → [1, T, C]
 * ```
 */
export function unsqueeze(x: Tensor, { axis }: { readonly axis: number | readonly number[] }): Tensor {
  operands("unsqueeze", x);
  const count = typeof axis === "number" ? 1 : axis.length;
  let shape = x.shape;
  for (const a of normalizeAxes("unsqueeze", axis, x.rank + count)) shape = shape.toSpliced(a, 0, 1);
  return reshape(x, shape);
}

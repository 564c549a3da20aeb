import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { concat } from "./concat.ts";
import { unsqueeze } from "./unsqueeze.ts";

/**
 * The tensors, all of one shape, side by side along a new axis `axis` (default 0) of the result.
 *
 * ```ts
 * stack([a, b, c], { axis: -1 }); // three of [T, C] → [T, C, 3]
 * ```
 */
export function stack(tensors: readonly Tensor[], { axis = 0 }: { readonly axis?: number } = {}): Tensor {
  const [first, ...others] = tensors;
  if (first === undefined) throw new ArgumentError("stack", "one tensor or more", tensors);
  const runtime = operands("stack", first, ...others);
  for (const { shape } of others) {
    if (!sameShape(shape, first.shape)) throw new ShapeError("stack", "equal shapes", first.shape, shape);
  }
  return runtime.scope(() =>
    concat(
      tensors.map((x) => unsqueeze(x, { axis })),
      { axis },
    ),
  );
}

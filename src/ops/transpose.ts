import { normalizeAxis } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { permute } from "./permute.ts";

/**
 * x with the axes a and b exchanged. Copies; `matmul` reads transposed operands without a copy.
 *
 * ```ts
 * transpose(x, 1, 2); // [B, T, H, D] → [B, H, T, D]
 * ```
 */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  operands("transpose", x);
  const [first, second] = [normalizeAxis("transpose", a, x.rank), normalizeAxis("transpose", b, x.rank)];
  const order = x.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis));
  return permute(x, order);
}

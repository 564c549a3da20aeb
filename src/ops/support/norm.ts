import { ArgumentError, ShapeError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { needFloats } from "./operand.ts";

/** An optional operand as a list. */
export function present(tensor: Tensor | undefined): readonly Tensor[] {
  return tensor ? [tensor] : [];
}

/** Checks what a norm is given, and returns x as rows × width. */
export function checkNormOperands(
  op: string,
  x: Tensor,
  vectors: { readonly gain?: Tensor | undefined; readonly bias?: Tensor | undefined },
  eps: number,
): { rows: number; width: number } {
  const width = x.shape.at(-1);
  if (width === undefined) throw new ShapeError(op, "x of [..., C]", x.shape);
  if (!(eps >= 0)) throw new ArgumentError(op, "an eps of 0 or more", eps);
  for (const [name, vector] of Object.entries(vectors)) {
    if (vector && (vector.rank !== 1 || vector.size !== width)) {
      throw new ShapeError(op, `a ${name} of [${width}] for x of [..., ${width}]`, vector.shape);
    }
    if (vector) needFloats(op, vector);
  }
  needFloats(op, x);
  return { rows: width === 0 ? 0 : x.size / width, width };
}

/** Zeros where a sum runs over no rows. */
export function clear(...sums: readonly (Tensor | null)[]): void {
  for (const sum of sums) if (sum) sum.runtime.kernels.fill(sum.ptr, sum.size, 0);
}

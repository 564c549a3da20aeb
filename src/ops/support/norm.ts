import { ArgumentError, ShapeError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { needFloats } from "./operand.ts";

/** The operands that are there. */
export function present(...operands: readonly (Tensor | undefined)[]): Tensor[] {
  return operands.filter((operand) => operand !== undefined);
}

/** Checks what a norm is given, and returns x as rows × width. */
export function checkNormOperands(
  op: string,
  x: Tensor,
  eps: number,
  gain?: Tensor,
  bias?: Tensor,
): { rows: number; width: number } {
  const width = x.shape.at(-1);
  if (width === undefined) throw new ShapeError(op, "x of [..., C]", x.shape);
  if (!(eps >= 0)) throw new ArgumentError(op, "an eps of 0 or more", eps);
  if (gain) checkVector(op, "gain", gain, width);
  if (bias) checkVector(op, "bias", bias, width);
  needFloats(op, x);
  return { rows: width === 0 ? 0 : x.size / width, width };
}

function checkVector(op: string, name: string, vector: Tensor, width: number): void {
  if (vector.rank !== 1 || vector.size !== width) {
    throw new ShapeError(op, `a ${name} of [${width}] for x of [..., ${width}]`, vector.shape);
  }
  needFloats(op, vector);
}

/** Zeros where a sum runs over no rows. */
export function clear(...sums: readonly (Tensor | null)[]): void {
  for (const sum of sums) if (sum) sum.runtime.kernels.fill(sum.ptr, sum.size, 0);
}

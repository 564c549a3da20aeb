import { ArgumentError, DTypeError } from "../../errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { full } from "../../tensor/create.ts";
import { empty, operands } from "../../tensor/record.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** What elementwise ops take: a tensor, or a number that is broadcast. */
export type Operand = Tensor | number;

/** The runtime of the operands, at least one of which is a tensor. */
export function runtimeOf(op: string, ...all: readonly Operand[]): Runtime {
  const tensors = all.filter((operand) => operand instanceof Tensor);
  if (tensors.length === 0) throw new ArgumentError(op, "a tensor among the operands", all);
  for (const operand of all) {
    if (typeof operand !== "number" && !(operand instanceof Tensor)) {
      throw new ArgumentError(op, "tensors or numbers", operand);
    }
  }
  return operands(op, tensors[0]!, ...tensors.slice(1));
}

/**
 * The operands as tensors of one dtype: i32 where all are i32 (a whole number fits both), else floats. Casts are not recorded: an i32
 * tensor has no gradient.
 */
export function promote(op: string, ...all: readonly Operand[]): Tensor[] {
  const runtime = runtimeOf(op, ...all);
  const isInteger = (operand: Operand) =>
    operand instanceof Tensor ? operand.dtype === "i32" : (operand | 0) === operand;
  const dtype = all.every(isInteger) ? "i32" : runtime.floatType;
  return all.map((operand) => {
    if (!(operand instanceof Tensor)) return full([], operand, { runtime, dtype });
    return operand.dtype === dtype ? operand : toFloat(operand);
  });
}

/** x as floats; x itself where it is. */
export function toFloat(x: Tensor): Tensor {
  if (x.dtype !== "i32") return x;
  const y = empty(x.runtime, x.shape);
  x.runtime.kernels.castToFloat(y.ptr, x.ptr, x.size);
  return y;
}

/** Refuses what is not i32. */
export function needIndices(op: string, index: Tensor): void {
  if (index.dtype !== "i32") throw new DTypeError(op, "i32 indices", index.dtype);
}

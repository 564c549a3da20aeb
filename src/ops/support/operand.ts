import { ArgumentError, DTypeError } from "../../errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { full } from "../../tensor/create.ts";
import { empty, operands } from "../../tensor/record.ts";
import { type DType, Tensor } from "../../tensor/tensor.ts";

/** What elementwise ops take: a tensor, or a number that is broadcast. */
export type Operand = Tensor | number;

export function isFloatTensor(operand: Operand): operand is Tensor {
  return operand instanceof Tensor && operand.dtype !== "i32";
}

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

/** The dtype of the operands together: i32 where the tensors are i32 and the numbers fit one, else floats. */
export function commonDType(runtime: Runtime, all: readonly Operand[]): DType {
  const isInteger = (operand: Operand) =>
    operand instanceof Tensor ? operand.dtype === "i32" : (operand | 0) === operand;
  return all.every(isInteger) ? "i32" : runtime.floatType;
}

/**
 * Calls `body` with the operands as tensors of `dtype`, and frees those that were made for it. Casts are not recorded: an i32 tensor has
 * no gradient.
 */
export function withOperands<T>(
  all: readonly Operand[],
  runtime: Runtime,
  dtype: DType,
  body: (...tensors: Tensor[]) => T,
): T {
  const tensors = all.map((operand) =>
    operand instanceof Tensor
      ? dtype === "i32"
        ? operand
        : toFloat(operand)
      : full([], operand, { runtime, dtype }),
  );
  try {
    return body(...tensors);
  } finally {
    tensors.forEach((tensor, i) => {
      if (tensor !== all[i]) tensor.dispose();
    });
  }
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

/** Refuses what is not of floats. */
export function needFloats(op: string, ...tensors: readonly Tensor[]): void {
  for (const { dtype } of tensors) if (dtype === "i32") throw new DTypeError(op, "floats", dtype);
}

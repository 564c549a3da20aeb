import { DTypeError } from "../errors.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { DType, Tensor } from "../tensor/tensor.ts";
import { toFloat } from "./support/operand.ts";

/**
 * x as another dtype: "i32", or the runtime's float type. Floats become i32 towards zero; NaN becomes 0, and what does not fit the nearest
 * that does. The gradient passes from floats to floats only. Where x has that dtype already, the result shares its storage.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  const runtime = operands("cast", x);
  if (dtype !== "i32" && dtype !== runtime.floatType) {
    throw new DTypeError("cast", `i32 or ${runtime.floatType}, which this runtime computes in`, dtype);
  }
  if (dtype === x.dtype) return record(x.alias(), castRule, { inputs: [x] });
  if (x.dtype === "i32") return toFloat(x);
  const y = empty(runtime, x.shape, "i32");
  runtime.kernels.castToI32(y.ptr, x.ptr, x.size);
  return y;
}

const castRule: Rule = { op: "cast", backward: ([dy]) => [dy!] };

import type { UnaryBackwardKernel, UnaryKernel } from "../../runtime/kernels/elementwise.ts";
import type { Kernels } from "../../runtime/kernels/index.ts";
import { zerosLike } from "../../tensor/create.ts";
import { emptyLike, operands, type Rule } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { toFloat } from "./operand.ts";

type KernelName<Kernel> = {
  [Name in keyof Kernels]: Kernels[Name] extends Kernel ? Name : never;
}[keyof Kernels];

/** Names of the kernels of one float argument. */
type UnaryName = Exclude<KernelName<UnaryKernel>, "castToFloat" | "castToI32">;

/** Names of the kernels that multiply a cotangent by a derivative at x. */
type UnaryBackwardName = Exclude<KernelName<UnaryBackwardKernel>, KernelName<UnaryKernel>>;

/** y = kernel(x) elementwise, not recorded; an i32 x is read as floats. */
export function runUnary(op: string, kernel: UnaryName, x: Tensor): Tensor {
  const runtime = operands(op, x);
  const floats = toFloat(x);
  const y = emptyLike(floats);
  runtime.kernels[kernel](y.ptr, floats.ptr, y.size);
  if (floats !== x) floats.dispose();
  return y;
}

/** dx = dy·f'(x) elementwise, not recorded. */
export function runUnaryBackward(kernel: UnaryBackwardName, dy: Tensor, x: Tensor): Tensor {
  const dx = emptyLike(x);
  x.runtime.kernels[kernel](dx.ptr, dy.ptr, x.ptr, x.size);
  return dx;
}

/** The rule of a step function: its derivative is 0 wherever it has one. */
export function stepRule(op: string): Rule {
  return { op, backward: ([dy]) => [zerosLike(dy!)] };
}

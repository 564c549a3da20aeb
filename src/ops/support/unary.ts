import type { UnaryKernel } from "../../runtime/kernels/elementwise.ts";
import { emptyLike, operands } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { toFloat } from "./operand.ts";

/** Names of the kernels of one float argument. */
export type UnaryName = {
  [Name in keyof Tensor["runtime"]["kernels"]]: Tensor["runtime"]["kernels"][Name] extends UnaryKernel
    ? Name
    : never;
}[keyof Tensor["runtime"]["kernels"]];

/** y = kernel(x) elementwise, not recorded; an i32 x is read as floats. Returns x as it was read, and y. */
export function runUnary(name: UnaryName, input: Tensor): { x: Tensor; y: Tensor } {
  const runtime = operands(name, input);
  const x = toFloat(input);
  const y = emptyLike(x);
  runtime.kernels[name](y.ptr, x.ptr, x.size);
  return { x, y };
}

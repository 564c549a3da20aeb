import type { BinaryKernel } from "../../runtime/kernels/elementwise.ts";
import type { Kernels } from "../../runtime/kernels/index.ts";
import { broadcastShapes } from "../../shape.ts";
import { empty } from "../../tensor/record.ts";
import type { DType, Tensor } from "../../tensor/tensor.ts";
import { forEachPlane } from "./broadcast.ts";
import { commonDType, type Operand, runtimeOf, withOperands } from "./operand.ts";

type BinaryName = {
  [Name in keyof Kernels]: Kernels[Name] extends BinaryKernel ? Name : never;
}[keyof Kernels];

/** The kernels of an op of two operands. */
interface BinaryKernelNames {
  readonly floats: BinaryName;
  /** For operands that are all i32; left out where those are read as floats. */
  readonly integers?: BinaryName;
}

/**
 * y = kernel(a, b) broadcast, the operands brought to one dtype first. `finish` records y; what was made of the operands (a cast, a
 * number's tensor) is freed after it.
 */
export function binary(
  op: string,
  a: Operand,
  b: Operand,
  names: BinaryKernelNames,
  finish: (y: Tensor, a: Tensor, b: Tensor) => Tensor,
): Tensor {
  return withKernel(op, a, b, names, (left, right, kernel) =>
    finish(runBinary(op, left, right, kernel, left.dtype), left, right),
  );
}

/** y = 1 where kernel(a, b) holds, else 0: floats without a gradient. i32 operands are compared exactly. */
export function compare(op: string, a: Operand, b: Operand, names: BinaryKernelNames): Tensor {
  return withKernel(op, a, b, names, (left, right, kernel) =>
    runBinary(op, left, right, kernel, left.runtime.floatType),
  );
}

function withKernel(
  op: string,
  a: Operand,
  b: Operand,
  { floats, integers }: BinaryKernelNames,
  body: (a: Tensor, b: Tensor, kernel: BinaryKernel) => Tensor,
): Tensor {
  const runtime = runtimeOf(op, a, b);
  const dtype = integers === undefined ? runtime.floatType : commonDType(runtime, [a, b]);
  const kernel = runtime.kernels[dtype === "i32" && integers !== undefined ? integers : floats];
  return withOperands([a, b], runtime, dtype, (left, right) => body(left!, right!, kernel));
}

/** y = kernel(a, b) over the broadcast shape, not recorded. a and b have one dtype. */
function runBinary(op: string, a: Tensor, b: Tensor, kernel: BinaryKernel, dtype: DType): Tensor {
  const y = empty(a.runtime, broadcastShapes(op, a.shape, b.shape), dtype);
  if (y.size === 0) return y;
  if (a.size === y.size && b.size === y.size) {
    // Nothing is broadcast: one row.
    kernel(y.ptr, a.ptr, b.ptr, 0, 0, 0, 1, y.size, y.size, 1, y.size, 1);
    return y;
  }
  forEachPlane(
    y.shape,
    [a.shape, b.shape],
    ({ rows, columns, outputOffset, offsets, rowStrides, columnStrides }) => {
      kernel(
        y.ptr,
        a.ptr,
        b.ptr,
        outputOffset,
        offsets[0]!,
        offsets[1]!,
        rows,
        columns,
        rowStrides[0]!,
        columnStrides[0]!,
        rowStrides[1]!,
        columnStrides[1]!,
      );
    },
  );
  return y;
}

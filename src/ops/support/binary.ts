import type { BinaryKernel } from "../../runtime/kernels/elementwise.ts";
import { broadcastShapes } from "../../shape.ts";
import { empty } from "../../tensor/record.ts";
import type { DType, Tensor } from "../../tensor/tensor.ts";
import { forEachPlane } from "./broadcast.ts";

/** y = kernel(a, b) over the broadcast shape, not recorded. a and b have one dtype. */
export function runBinary(op: string, a: Tensor, b: Tensor, kernel: BinaryKernel, dtype: DType): Tensor {
  const y = empty(a.runtime, broadcastShapes(op, a.shape, b.shape), dtype);
  if (y.size === 0) return y;
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

import type { Ptr } from "../../runtime/kernels/index.ts";
import { stridesOf } from "../../shape.ts";
import { empty, emptyLike } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { copyStrided } from "./copy.ts";

/** A kernel over rows of contiguous elements. y may be one of the operands. */
type RowsKernel = (y: Ptr, operands: readonly Ptr[], rows: number, width: number) => void;

/**
 * y = kernel(operands) along `axis`, all of one shape; not recorded. The kernel works on contiguous rows, so
 * along another axis than the last the operands are copied with that axis moved to the end, and the result is
 * copied back.
 */
export function runAlongAxis(operands: readonly Tensor[], axis: number, kernel: RowsKernel): Tensor {
  const [x] = operands as readonly [Tensor];
  const y = emptyLike(x);
  const width = x.shape[axis]!;
  const rows = x.size / width;
  const run = (result: Tensor, all: readonly Tensor[]) =>
    kernel(
      result.ptr,
      all.map(({ ptr }) => ptr),
      rows,
      width,
    );
  if (axis === x.rank - 1) {
    run(y, operands);
    return y;
  }
  const moved = operands.map((operand) => toLast(operand, axis));
  run(moved[0]!, moved);
  fromLast(y, moved[0]!, axis);
  for (const temporary of moved) temporary.dispose();
  return y;
}

/** x with `axis` moved behind the others. */
function toLast(x: Tensor, axis: number): Tensor {
  const shape = x.shape.toSpliced(axis, 1).concat(x.shape[axis]!);
  const strides = stridesOf(x.shape);
  const y = empty(x.runtime, shape);
  copyStrided(y, x, { shape, xStrides: strides.toSpliced(axis, 1).concat(strides[axis]!) });
  return y;
}

/** Writes into y what `toLast` would make x of. */
function fromLast(y: Tensor, x: Tensor, axis: number): void {
  const strides = stridesOf(x.shape);
  copyStrided(y, x, {
    shape: y.shape,
    xStrides: strides.toSpliced(-1, 1).toSpliced(axis, 0, strides.at(-1)!),
  });
}

import { ShapeError } from "../errors.ts";
import { codeSlots } from "../runtime/kernels/quantized.ts";
import { empty, operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { needFloats } from "./support/operand.ts";

/** A matrix in 8 bits an element: row j is scales[j] times whole numbers from -127 to 127. */
export interface QuantizedRows {
  /** [n, ⌈k/4⌉], i32: four codes share an element, the first in its lowest byte. */
  readonly codes: Tensor;
  /** [n] */
  readonly scales: Tensor;
}

/**
 * x in a quarter of the memory, each row by its own largest magnitude (symmetric, per output channel of a linear layer). No gradient passes.
 *
 *   x: [n, k] → codes: [n, ⌈k/4⌉], i32, scales: [n]
 */
export function quantizeRows(x: Tensor): QuantizedRows {
  const runtime = operands("quantizeRows", x);
  needFloats("quantizeRows", x);
  if (x.rank !== 2) throw new ShapeError("quantizeRows", "x of [n, k]", x.shape);
  const [rows, width] = x.shape as [number, number];
  const codes = empty(runtime, [rows, codeSlots(width)], "i32");
  const scales = empty(runtime, [rows]);
  if (width === 0) runtime.kernels.fill(scales.ptr, rows, 0);
  else runtime.kernels.quantizeRows(codes.ptr, scales.ptr, x.ptr, rows, width);
  return { codes, scales };
}

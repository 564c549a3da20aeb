import { DTypeError, ShapeError } from "../errors.ts";
import { codeSlots } from "../runtime/kernels/quantized.ts";
import { ones } from "../tensor/create.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./mul.ts";
import type { QuantizedRows } from "./quantizeRows.ts";
import { sum } from "./sum.ts";
import { needFloats } from "./support/operand.ts";

/**
 * y[j, i] = scales[j]·codes[j, i], what `quantizeRows` made of a matrix with rows of `width` elements.  codes: [n, ⌈k/4⌉], i32  scales: [n]
 * y: [n, k]
 */
export function dequantizeRows(codes: Tensor, scales: Tensor, width: number): Tensor {
  const runtime = operands("dequantizeRows", codes, scales);
  checkQuantized("dequantizeRows", { codes, scales }, width);
  const [rows] = codes.shape as [number, number];
  const y = empty(runtime, [rows, width]);
  runtime.kernels.dequantizeRows(y.ptr, codes.ptr, scales.ptr, rows, width);
  return record(y, dequantizeRowsRule, { inputs: [codes, scales], saved: [codes, scales], constants: width });
}

const dequantizeRowsRule: Rule<number> = {
  op: "dequantizeRows",
  backward([dy], { saved: [codes, scales], constants: width }) {
    const whole = dequantizeRows(codes!, ones(scales!.shape, { runtime: dy!.runtime }), width);
    return [null, sum(mul(dy!, whole), { axis: 1 })];
  },
};

/** @throws ShapeError, DTypeError unless these are codes and scales of rows of `width` elements */
export function checkQuantized(op: string, { codes, scales }: QuantizedRows, width: number): void {
  if (codes.dtype !== "i32") throw new DTypeError(op, "codes of i32", codes.dtype);
  needFloats(op, scales);
  const [rows, slots] = codes.shape;
  if (codes.rank !== 2 || scales.rank !== 1 || scales.size !== rows || slots !== codeSlots(width)) {
    throw new ShapeError(
      op,
      `codes of [n, ${codeSlots(width)}] and scales of [n]`,
      codes.shape,
      scales.shape,
    );
  }
}

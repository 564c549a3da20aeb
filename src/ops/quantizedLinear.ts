import { ShapeError } from "../errors.ts";
import { quantizedScratch } from "../runtime/kernels/quantized.ts";
import { sizeOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkQuantized, dequantizeRows } from "./dequantizeRows.ts";
import { linear } from "./linear.ts";
import type { QuantizedRows } from "./quantizeRows.ts";
import { needFloats } from "./support/operand.ts";

/** Up to so many rows read the codes as they are; more are worth unpacking them once. */
const FEW_ROWS = 4;

/**
 * y = x·wᵀ + b with a weight of 8 bits an element, made by `quantizeRows`.  x: [..., k]  codes: [n, ⌈k/4⌉], i32  scales: [n]  b: [n]
 * y: [..., n]
 *
 * Few rows (a token being generated) read the codes as they are, at a quarter of the memory's traffic; more unpack the weight first.
 */
export function quantizedLinear(x: Tensor, { codes, scales }: QuantizedRows, bias?: Tensor): Tensor {
  const runtime = operands("quantizedLinear", x, codes, scales, ...(bias ? [bias] : []));
  needFloats("quantizedLinear", x, ...(bias ? [bias] : []));
  const width = x.shape.at(-1);
  if (width === undefined) throw new ShapeError("quantizedLinear", "x of [..., k]", x.shape);
  checkQuantized("quantizedLinear", { codes, scales }, width);
  const outputs = scales.size;
  if (bias && (bias.rank !== 1 || bias.size !== outputs)) {
    throw new ShapeError("quantizedLinear", `a bias of [${outputs}]`, bias.shape);
  }
  const outer = x.shape.slice(0, -1);
  const rows = sizeOf(outer);
  if (rows > FEW_ROWS || width === 0) {
    return runtime.scope(() => linear(x, dequantizeRows(codes, scales, width), bias));
  }
  const y = empty(runtime, [...outer, outputs]);
  runtime.scratch(quantizedScratch(width), (scratch) => {
    const { kernels } = runtime;
    kernels.rowsTimesQuantized(y.ptr, x.ptr, codes.ptr, scales.ptr, scratch, rows, outputs, width);
  });
  if (bias && y.size > 0) {
    runtime.kernels.add(y.ptr, y.ptr, bias.ptr, 0, 0, 0, rows, outputs, outputs, 1, 0, 1);
  }
  return record(y, quantizedLinearRule, { inputs: [x, codes, scales, ...(bias ? [bias] : [])] });
}

const quantizedLinearRule: Rule = {
  op: "quantizedLinear",
  definition([x, codes, scales, bias]) {
    const weight = dequantizeRows(codes!, scales!, x!.shape.at(-1)!);
    return [linear(x!, weight, bias)];
  },
};

import { ShapeError } from "../errors.ts";
import { quantizedScratch } from "../runtime/kernels/quantized.ts";
import { sizeOf } from "../shape.ts";
import { ones } from "../tensor/create.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkQuantized, dequantizeRows } from "./dequantizeRows.ts";
import { linear } from "./linear.ts";
import { matmul } from "./matmul.ts";
import { mul } from "./mul.ts";
import type { QuantizedRows } from "./quantizeRows.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";
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
  const few = rows <= FEW_ROWS && width > 0;
  const y = few ? empty(runtime, [...outer, outputs]) : unpackAndMultiply(x, { codes, scales }, bias);
  if (few) {
    const { kernels } = runtime;
    runtime.scratch(quantizedScratch(width), (scratch) => {
      kernels.rowsTimesQuantized(y.ptr, x.ptr, codes.ptr, scales.ptr, scratch, rows, outputs, width);
    });
    if (bias && y.size > 0) {
      kernels.add(y.ptr, y.ptr, bias.ptr, 0, 0, 0, rows, outputs, outputs, 1, 0, 1);
    }
  }
  const inputs = [x, codes, scales, ...(bias ? [bias] : [])];
  return record(y, quantizedLinearRule, { inputs, saved: [x, codes, scales] });
}

function unpackAndMultiply(x: Tensor, { codes, scales }: QuantizedRows, bias: Tensor | undefined): Tensor {
  const { runtime } = x;
  const multiply = () => linear(x, dequantizeRows(codes, scales, x.shape.at(-1)!), bias);
  return runtime.withRecording(false, () => runtime.scope(multiply));
}

/** The weight is unpacked again in backward, so that no layer's floats are kept between the passes. */
const quantizedLinearRule: Rule = {
  op: "quantizedLinear",
  backward([dy], { saved: [x, codes, scales], needs }) {
    const width = x!.shape.at(-1)!;
    const rows = sizeOf(x!.shape.slice(0, -1));
    const dRows = reshape(dy!, [rows, scales!.size]);
    const dx = () => reshape(matmul(dRows, dequantizeRows(codes!, scales!, width)), x!.shape);
    const dScales = () => {
      const dWeight = matmul(dRows, reshape(x!, [rows, width]), { transposeA: true });
      const whole = dequantizeRows(codes!, ones(scales!.shape, { runtime: x!.runtime }), width);
      return sum(mul(dWeight, whole), { axis: 1 });
    };
    return [
      needs[0] ? dx() : null,
      null,
      needs[2] ? dScales() : null,
      needs[3] ? sum(dRows, { axis: 0 }) : null,
    ].slice(0, needs.length);
  },
  definition: ([x, codes, scales, bias]) => [
    linear(x!, dequantizeRows(codes!, scales!, x!.shape.at(-1)!), bias),
  ],
};

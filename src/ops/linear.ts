import { ShapeError } from "../errors.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./reshape.ts";
import { needFloats } from "./support/operand.ts";
import { type Product, runProduct } from "./support/product.ts";

/** y = x·wᵀ + b.  x: [..., k]  w: [n, k]  b: [n]  y: [..., n] */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const runtime = bias ? operands("linear", x, weight, bias) : operands("linear", x, weight);
  needFloats("linear", x, weight);
  if (bias) needFloats("linear", bias);
  const [n, k] = weight.shape;
  if (weight.rank !== 2 || x.rank === 0 || x.shape.at(-1) !== k) {
    throw new ShapeError("linear", "x of [..., k] and a weight of [n, k]", x.shape, weight.shape);
  }
  if (bias && (bias.rank !== 1 || bias.size !== n)) {
    throw new ShapeError("linear", `a bias of [${n}]`, bias.shape);
  }
  const outer = x.shape.slice(0, -1);
  const m = sizeOf(outer);
  const y = empty(runtime, [...outer, n!]);
  runProduct(y, x, weight, oneProduct(m, n!, k!, false, true));
  if (bias && y.size > 0) runtime.kernels.add(y.ptr, y.ptr, bias.ptr, 0, 0, 0, m, n!, n!, 1, 0, 1);
  return record(y, linearRule, { inputs: bias ? [x, weight, bias] : [x, weight], saved: [x, weight] });
}

const NONE: Shape = [];

/** Nothing is batched: x's leading axes are rows. */
function oneProduct(m: number, n: number, k: number, transposeA: boolean, transposeB: boolean): Product {
  return { m, n, k, batch: NONE, aBatch: NONE, bBatch: NONE, transposeA, transposeB };
}

const linearRule: Rule = {
  op: "linear",
  backward([dy], { saved: [x, weight], needs }) {
    const runtime = dy!.runtime;
    const [n, k] = weight!.shape as [number, number];
    const m = sizeOf(x!.shape.slice(0, -1));
    const dx = needs[0] ? empty(runtime, x!.shape) : null;
    const dWeight = needs[1] ? empty(runtime, weight!.shape) : null;
    if (dx) runProduct(dx, dy!, weight!, oneProduct(m, k, n, false, false));
    if (dWeight) runProduct(dWeight, dy!, x!, oneProduct(n, k, m, true, false));
    const dBias = needs[2] ? empty(runtime, [n]) : null;
    if (dBias && m > 0) runtime.kernels.sum(dBias.ptr, dy!.ptr, 1, m, n);
    else if (dBias) runtime.kernels.fill(dBias.ptr, n, 0);
    return [dx, dWeight, dBias];
  },
  definition([x, weight, bias]) {
    const rows = reshape(x!, [sizeOf(x!.shape.slice(0, -1)), weight!.shape[1]!]);
    const product = matmul(rows, weight!, { transposeB: true });
    return [reshape(bias ? add(product, bias) : product, [...x!.shape.slice(0, -1), weight!.shape[0]!])];
  },
};

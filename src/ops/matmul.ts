import { ShapeError } from "../errors.ts";
import { broadcastShapes, type Shape, sizeOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";
import { sumTo } from "./sumTo.ts";
import { toFloat } from "./support/operand.ts";
import { runProduct } from "./support/product.ts";

export interface MatmulOptions {
  /** Read the last two axes of a (of b) in exchanged order. Nothing is copied for it. Default false. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * y = a·b over the last two axes, the axes before them broadcast.  a: [..., m, k]  b: [..., k, n]  y: [..., m, n]
 *
 * A vector on the left is a row [1, k], on the right a column [k, 1], and its axis leaves the result, as in PyTorch.
 *
 * ```ts
 * matmul(q, k, { transposeB: true }); // [B, H, T, D] and [B, H, S, D] → [B, H, T, S]
 * ```
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  operands("matmul", a, b);
  const { transposeA = false, transposeB = false } = options;
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError("matmul", "tensors of rank 1 or more", a.shape, b.shape);
  if (a.rank === 1)
    return dropAxis(matmul(reshape(a, [1, a.size]), b, { transposeB }), b.rank === 1 ? -1 : -2);
  if (b.rank === 1) return dropAxis(matmul(a, reshape(b, [b.size, 1]), { transposeA }), -1);
  const foldable = a.rank > 2 && b.rank === 2 && !transposeA;
  if (!foldable) return product(toFloat(a), toFloat(b), transposeA, transposeB);
  // One matrix for all: its products are one large product.
  const rows = reshape(toFloat(a), [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
  const y = product(rows, toFloat(b), false, transposeB);
  return reshape(y, [...a.shape.slice(0, -1), y.shape[1]!]);
}

/** y loses an axis of size 1, counted from the end. */
function dropAxis(y: Tensor, axis: number): Tensor {
  return reshape(y, y.shape.toSpliced(y.rank + axis, 1));
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const [m, k] = matrixShape(a.shape, transposeA);
  const [inner, n] = matrixShape(b.shape, transposeB);
  if (k !== inner) {
    const wanted = `${transposeA ? "[..., k, m]" : "[..., m, k]"} and ${transposeB ? "[..., n, k]" : "[..., k, n]"}`;
    throw new ShapeError("matmul", wanted, a.shape, b.shape);
  }
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = broadcastShapes("matmul", aBatch, bBatch);
  const y = empty(a.runtime, [...batch, m, n]);
  runProduct(y, a, b, { m, n, k, batch, aBatch, bBatch, transposeA, transposeB });
  return record(y, matmulRule, { inputs: [a, b], saved: [a, b], constants: { transposeA, transposeB } });
}

function matrixShape(shape: Shape, transposed: boolean): readonly [number, number] {
  const rows = shape.at(-2)!;
  const columns = shape.at(-1)!;
  return transposed ? [columns, rows] : [rows, columns];
}

/** With y = A·B: dA = dy·Bᵀ and dB = Aᵀ·dy; where an operand was read transposed, the transpose of that. */
const matmulRule: Rule<Required<MatmulOptions>> = {
  op: "matmul",
  backward([dy], { saved: [a, b], constants: { transposeA, transposeB }, needs }) {
    const dA = () =>
      transposeA
        ? matmul(b!, dy!, { transposeA: transposeB, transposeB: true })
        : matmul(dy!, b!, { transposeB: !transposeB });
    const dB = () =>
      transposeB
        ? matmul(dy!, a!, { transposeA: true, transposeB: transposeA })
        : matmul(a!, dy!, { transposeA: !transposeA });
    return [needs[0] ? sumTo(dA(), a!.shape) : null, needs[1] ? sumTo(dB(), b!.shape) : null];
  },
};

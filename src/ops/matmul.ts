import { ShapeError } from "../errors.ts";
import { broadcastShapes, type Shape, sizeOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";
import { sumTo } from "./sumTo.ts";
import { toFloat } from "./support/operand.ts";
import { runProduct } from "./support/product.ts";

export interface MatmulOptions {
  /** Read the last two axes of a (of b) in exchanged order. Nothing is copied for it; a vector stays as it is. Default false. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * y = a·b over the last two axes, the axes before them broadcast.  a: [..., m, k]  b: [..., k, n]  y: [..., m, n]
 *
 * A vector on the left is a row [1, k], on the right a column [k, 1], and its axis leaves the result, as in PyTorch. i32 operands are
 * read as floats.
 *
 * ```ts
 * matmul(q, k, { transposeB: true }); // [B, H, T, D] and [B, H, S, D] → [B, H, T, S]
 * ```
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const runtime = operands("matmul", a, b);
  const transposeA = a.rank > 1 && (options.transposeA ?? false);
  const transposeB = b.rank > 1 && (options.transposeB ?? false);
  const { m, n } = matrixSizes(a.shape, b.shape, transposeA, transposeB);
  const isPlain = a.rank >= 2 && b.rank >= 2 && a.dtype !== "i32" && b.dtype !== "i32";
  const isOneMatrix = a.rank > 2 && b.rank === 2 && !transposeA;
  if (isPlain && !isOneMatrix) return product(a, b, transposeA, transposeB);

  return runtime.scope(() => {
    const left = a.rank === 1 ? reshape(toFloat(a), [1, a.size]) : toFloat(a);
    const right = b.rank === 1 ? reshape(toFloat(b), [b.size, 1]) : toFloat(b);
    const outer = a.shape.slice(0, -1);
    if (a.rank > 2 && b.rank <= 2 && !transposeA) {
      // One matrix for all: its products are one large product.
      const rows = reshape(left, [sizeOf(outer), a.shape.at(-1)!]);
      return reshape(product(rows, right, false, transposeB), b.rank === 1 ? outer : [...outer, n]);
    }
    const y = product(left, right, transposeA, transposeB);
    return reshape(y, [...y.shape.slice(0, -2), ...(a.rank === 1 ? [] : [m]), ...(b.rank === 1 ? [] : [n])]);
  });
}

/** Checks that the shapes fit, and returns the sizes of the matrices. */
function matrixSizes(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean) {
  if (a.length === 0 || b.length === 0) throw new ShapeError("matmul", "tensors of rank 1 or more", a, b);
  const [m, k] = matrixShape(a.length === 1 ? [1, ...a] : a, transposeA);
  const [inner, n] = matrixShape(b.length === 1 ? [...b, 1] : b, transposeB);
  if (k !== inner) {
    const wanted = `${transposeA ? "[..., k, m]" : "[..., m, k]"} and ${transposeB ? "[..., n, k]" : "[..., k, n]"}`;
    throw new ShapeError("matmul", wanted, a, b);
  }
  return { m, k, n };
}

function matrixShape(shape: Shape, transposed: boolean): readonly [number, number] {
  const rows = shape.at(-2)!;
  const columns = shape.at(-1)!;
  return transposed ? [columns, rows] : [rows, columns];
}

/** The product of floats of rank 2 or more that fit. */
function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const { m, k, n } = matrixSizes(a.shape, b.shape, transposeA, transposeB);
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = broadcastShapes("matmul", aBatch, bBatch);
  const y = empty(a.runtime, [...batch, m, n]);
  runProduct(y, a, b, { m, n, k, batch, aBatch, bBatch, transposeA, transposeB });
  return record(y, matmulRule, { inputs: [a, b], saved: [a, b], constants: { transposeA, transposeB } });
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

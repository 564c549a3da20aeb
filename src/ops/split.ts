import { ArgumentError, ShapeError } from "../errors.ts";
import { normalizeAxis, type Shape, stridesOf } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { concat } from "./concat.ts";
import { copyStrided } from "./support/copy.ts";

/**
 * x cut along `axis` (default 0) into parts of the given sizes, or into parts of one size, the last one smaller if it must be. The
 * adjoint of `concat`.
 *
 * ```ts
 * const [q, k, v] = split(qkv, width, { axis: -1 }); // [B, T, 3C] → three of [B, T, C]
 * ```
 *
 * @throws ShapeError for sizes that do not add up to the axis
 */
export function split(
  x: Tensor,
  sizes: number | readonly number[],
  { axis = 0 }: { readonly axis?: number } = {},
): Tensor[] {
  const runtime = operands("split", x);
  const at = normalizeAxis("split", axis, x.rank);
  const lengths = typeof sizes === "number" ? equalParts(x.shape[at]!, sizes) : sizes;
  checkLengths(x.shape, at, lengths);
  const xStrides = stridesOf(x.shape);
  let start = 0;
  const parts = lengths.map((length) => {
    const part = empty(runtime, x.shape.with(at, length), x.dtype);
    copyStrided(part, x, { shape: part.shape, xStrides, xOffset: start * xStrides[at]! });
    start += length;
    return part;
  });
  return record(parts, splitRule, { inputs: [x], constants: { axis: at, shapes: parts.map(shapeOf) } });
}

const shapeOf = ({ shape }: Tensor): Shape => shape;

/** As in PyTorch, an axis of size 0 gives one part of size 0. */
function equalParts(total: number, size: number): readonly number[] {
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError("split", "a whole size of 1 or more", size);
  const count = Math.max(1, Math.ceil(total / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

function checkLengths(shape: Shape, axis: number, lengths: readonly number[]): void {
  if (lengths.length === 0 || !lengths.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ArgumentError("split", "whole sizes from 0 on", lengths);
  }
  const total = lengths.reduce((sum, n) => sum + n, 0);
  if (total !== shape[axis]) {
    throw new ShapeError("split", `sizes that add up to axis ${axis}, not to ${total}`, shape);
  }
}

interface Parts {
  readonly axis: number;
  readonly shapes: readonly Shape[];
}

const splitRule: Rule<Parts> = {
  op: "split",
  backward(dy, { constants: { axis, shapes } }) {
    const { runtime } = dy.find((gradient) => gradient !== null)!;
    const parts = shapes.map((shape, i) => dy[i] ?? zeros(shape, { runtime }));
    return [concat(parts, { axis })];
  },
};

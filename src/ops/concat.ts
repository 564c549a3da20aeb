import { ArgumentError, ShapeError } from "../errors.ts";
import { normalizeAxis, type Shape, stridesOf } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AxisRange, slice } from "./slice.ts";
import { copyStrided } from "./support/copy.ts";
import { commonDType, toFloat } from "./support/operand.ts";

/**
 * The tensors one behind the other along `axis` (default 0); off that axis their shapes are equal. i32 where all are, else floats.
 *
 * ```ts
 * concat([ones([2, 3]), zeros([2, 1])], { axis: 1 }); // [2, 4]
 * ```
 */
export function concat(tensors: readonly Tensor[], { axis = 0 }: { readonly axis?: number } = {}): Tensor {
  const [first, ...others] = tensors;
  if (first === undefined) throw new ArgumentError("concat", "one tensor or more", tensors);
  const runtime = operands("concat", first, ...others);
  const at = normalizeAxis("concat", axis, first.rank);
  for (const { shape } of others) {
    const fits = shape.length === first.rank && shape.every((n, a) => a === at || n === first.shape[a]);
    if (!fits) throw new ShapeError("concat", "shapes that are equal off the axis", first.shape, shape);
  }
  const lengths = tensors.map(({ shape }) => shape[at]!);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const y = empty(runtime, first.shape.with(at, total), commonDType(runtime, tensors));
  const yStrides = stridesOf(y.shape);
  let start = 0;
  tensors.forEach((x, i) => {
    const elements = y.dtype === "i32" ? x : toFloat(x);
    copyStrided(y, elements, { shape: x.shape, yStrides, yOffset: start * yStrides[at]! });
    if (elements !== x) elements.dispose();
    start += lengths[i]!;
  });
  return record(y, concatRule, { inputs: tensors, constants: { axis: at, lengths } });
}

interface Parts {
  readonly axis: number;
  /** Of the parts along the axis. */
  readonly lengths: Shape;
}

const concatRule: Rule<Parts> = {
  op: "concat",
  backward([dy], { constants: { axis, lengths }, needs }) {
    const whole: readonly AxisRange[] = dy!.shape.map(() => null);
    let end = 0;
    return lengths.map((length, i) => {
      end += length;
      return needs[i] ? slice(dy!, whole.with(axis, [end - length, end])) : null;
    });
  },
};

import { ShapeError } from "../errors.ts";
import { broadcastShapes, sameShape } from "../shape.ts";
import { isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { concat } from "./concat.ts";
import { flip } from "./flip.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { reshape } from "./reshape.ts";
import { needFloats } from "./support/operand.ts";

/**
 * Turns pairs of numbers, each by an angle of its own: with a and b the two halves of x along its last axis,
 *
 *   y = (a·cosine - b·sine, b·cosine + a·sine)   x, y: [..., D]   cosine, sine: broadcast to [..., D/2]
 *
 * With angles that grow with the position this makes products of queries and keys depend on their distance
 * alone (Su et al. 2021, "RoFormer", section 3.2). Number i is paired with number i + D/2, as in Hugging
 * Face's weights; in Meta's, 2i is with 2i + 1, which is the same after a permutation of the projection's
 * rows.
 */
export function rotary(x: Tensor, cosine: Tensor, sine: Tensor): Tensor {
  const runtime = operands("rotary", x, cosine, sine);
  needFloats("rotary", x, cosine, sine);
  checkShapes(x, cosine, sine);
  // Angles that are trained are rare, and need x in backward.
  if (isRecorded(cosine, sine)) return runtime.scope(() => rotaryOfPrimitives(x, cosine, sine));
  const y = runtime.withRecording(false, () => runtime.scope(() => turned(x, cosine, sine)));
  return record(y, rotaryRule, { inputs: [x, cosine, sine], saved: [cosine, sine] });
}

/** A rotation's adjoint turns back. */
const rotaryRule: Rule = {
  op: "rotary",
  backward: ([dy], { saved: [cosine, sine] }) => [rotary(dy!, cosine!, neg(sine!)), null, null],
};

/**
 * (a, b)·(cosine, cosine) + (b, a)·(-sine, sine): tables as wide as x, so that a product is one call of a
 * kernel.
 */
function rotaryOfPrimitives(x: Tensor, cosine: Tensor, sine: Tensor): Tensor {
  return add(mul(x, beside(cosine, cosine)), mul(swapHalves(x), beside(neg(sine), sine)));
}

/** The same unrecorded, with one tensor of x's size besides the result. */
function turned(x: Tensor, cosine: Tensor, sine: Tensor): Tensor {
  const swapped = swapHalves(x);
  const across = mul(swapped, beside(neg(sine), sine));
  swapped.dispose();
  const y = mul(x, beside(cosine, cosine));
  x.runtime.kernels.addInto(y.ptr, across.ptr, y.size);
  return y;
}

const beside = (a: Tensor, b: Tensor): Tensor => concat([a, b], { axis: -1 });

/** (a, b) → (b, a) */
function swapHalves(x: Tensor): Tensor {
  const halves = reshape(x, [...x.shape.slice(0, -1), 2, x.shape.at(-1)! / 2]);
  return reshape(flip(halves, { axis: -2 }), x.shape);
}

function checkShapes(x: Tensor, cosine: Tensor, sine: Tensor): void {
  const half = [...x.shape.slice(0, -1), (x.shape.at(-1) ?? 1) / 2];
  const fits =
    Number.isInteger(half.at(-1)) &&
    cosine.rank > 0 &&
    sameShape(cosine.shape, sine.shape) &&
    sameShape(broadcastShapes("rotary", half, cosine.shape), half);
  if (!fits) {
    const wanted = "x of [..., D], cosine and sine that broadcast to [..., D/2]";
    throw new ShapeError("rotary", wanted, x.shape, cosine.shape, sine.shape);
  }
}

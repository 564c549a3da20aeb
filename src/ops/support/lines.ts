import { ShapeError } from "../../errors.ts";
import { normalizeAxes } from "../../shape.ts";
import { empty, operands } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { permute } from "../permute.ts";
import { reshape } from "../reshape.ts";
import { gatherAt } from "./gatherScatter.ts";
import { around, type ReduceOptions, reducedShape } from "./reduce.ts";

/**
 * x as [outer, length, inner] with the elements of the sorted `axes` in the middle, recorded. Neighbouring axes are only reshaped, others
 * are moved to the end first. The elements of [outer, 1, inner] lie in the order of the shape that remains.
 */
export function asLines(x: Tensor, axes: readonly number[]): Tensor {
  const first = axes[0] ?? x.rank;
  if (axes.every((axis, i) => axis === first + i)) {
    const { outer, length, inner } = around(x.shape, first, first + axes.length - 1);
    return reshape(x, [outer, length, inner]);
  }
  const others = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const moved = permute(x, [...others, ...axes]);
  const { outer, length } = around(moved.shape, others.length, x.rank - 1);
  return reshape(moved, [outer, length, 1]);
}

type Extremum = "max" | "min";

/** The largest or smallest element of each line, the first of equals; a NaN before all others. */
export function extremum(which: Extremum, x: Tensor, options: ReduceOptions): Tensor {
  return operands(which, x).scope(() => {
    const { lines, shape } = nonEmptyLines(which, x, options);
    return reshape(gatherAt(lines, placeOfExtremum(which, lines), 1), shape);
  });
}

/** Its place in the line, as i32. */
export function argExtremum(op: string, which: Extremum, x: Tensor, options: ReduceOptions): Tensor {
  return operands(op, x).scope(() => {
    const { lines, shape } = nonEmptyLines(op, x, options);
    return reshape(placeOfExtremum(which, lines), shape);
  });
}

function nonEmptyLines(op: string, x: Tensor, { axis, keepDims = false }: ReduceOptions) {
  const axes = normalizeAxes(op, axis, x.rank);
  if (axes.some((a) => x.shape[a] === 0)) throw new ShapeError(op, "an axis that is not empty", x.shape);
  return { lines: asLines(x, axes), shape: reducedShape(x.shape, axes, keepDims) };
}

/** x: [outer, length, inner] → [outer, 1, inner], i32. */
function placeOfExtremum(which: Extremum, x: Tensor): Tensor {
  const [outer, length, inner] = x.shape as readonly [number, number, number];
  const place = empty(x.runtime, [outer, 1, inner], "i32");
  if (x.dtype !== "i32") {
    x.runtime.kernels[which === "max" ? "argmax" : "argmin"](place.ptr, x.ptr, outer, length, inner);
  } else if (place.size > 0) {
    const elements = x.runtime.ints(x.ptr, x.size);
    x.runtime.ints(place.ptr, place.size).set(placesInIntegers(which, elements, length, inner));
  }
  return place;
}

/** In TypeScript, because the kernel compares floats, which hold whole numbers only up to 2²⁴. */
function placesInIntegers(which: Extremum, x: ArrayLike<number>, length: number, inner: number): Int32Array {
  const direction = which === "max" ? 1 : -1;
  return Int32Array.from({ length: x.length / length }, (_, line) => {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    let best = 0;
    for (let l = 1; l < length; l++) {
      if (direction * (x[start + l * inner]! - x[start + best * inner]!) > 0) best = l;
    }
    return best;
  });
}

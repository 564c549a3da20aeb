import { normalizeAxis } from "../../shape.ts";
import { empty, operands } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { permute } from "../permute.ts";

/**
 * The places of x's elements along `axis` in sorted order, i32, of x's shape: stable, NaN as the largest. Not recorded.
 */
export function sortedPlaces(op: string, x: Tensor, axis: number, descending: boolean): Tensor {
  const runtime = operands(op, x);
  const at = normalizeAxis(op, axis, x.rank);
  const swap = x.shape.map((_, a) => (a === at ? x.rank - 1 : a === x.rank - 1 ? at : a));
  const isLast = at === x.rank - 1;
  return runtime.withRecording(false, () =>
    runtime.scope(() => {
      const places = placesInRows(isLast ? x : permute(x, swap), descending);
      return isLast ? places : permute(places, swap);
    }),
  );
}

/** x: [..., width]. */
function placesInRows(x: Tensor, descending: boolean): Tensor {
  const { runtime, size } = x;
  const width = x.shape.at(-1)!;
  const places = empty(runtime, x.shape, "i32");
  if (size === 0) return places;
  if (x.dtype === "i32") {
    runtime.ints(places.ptr, size).set(placesOfIntegers(runtime.ints(x.ptr, size), width, descending));
    return places;
  }
  const values = empty(runtime, x.shape);
  runtime.scratch(2 * width, (scratch) => {
    runtime.kernels.sort(values.ptr, places.ptr, x.ptr, scratch, size / width, width, Number(descending));
  });
  return places;
}

/** In TypeScript, because the kernel compares floats, which hold whole numbers only up to 2²⁴. */
function placesOfIntegers(x: Int32Array | Float64Array, width: number, descending: boolean): Int32Array {
  const places = Int32Array.from(x, (_, i) => i % width);
  const direction = descending ? -1 : 1;
  for (let start = 0; start < x.length; start += width) {
    places.subarray(start, start + width).sort((i, j) => direction * (x[start + i]! - x[start + j]!));
  }
  return places;
}

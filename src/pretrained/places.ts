import { copyFloats, type FloatType, floatsAs } from "../io/halfFloats.ts";
import type { NamedArray } from "../io/namedArrays.ts";
import { type Shape, sizeOf } from "../shape.ts";

/**
 * How a file keeps a matrix that is [out, in] here:
 *
 *   plain        the same
 *   transposed   [in, out], as the Conv1D of Hugging Face's GPT-2
 *   interleaved  with the rows of each head in the order 0, D/2, 1, D/2 + 1, …: what rotary positions turn
 *                together stands together, as in Meta's own Llama and llama.cpp
 */
export type Layout = "plain" | "transposed" | "interleaved";

/** What a file keeps under one name. */
export interface Part {
  /** Its name in the file. */
  readonly source: string;
  /** As the rows of our tensor have it. */
  readonly shape: Shape;
  readonly layout: Layout;
  /** Rows of a head, where they are interleaved: D. */
  readonly headWidth?: number;
}

/** A tensor of a model, and what a file calls it: one array or several, whose rows follow each other. */
export interface Place {
  /** Its path in the model; null for what other programs have and we do not: zeros. */
  readonly name: string | null;
  readonly parts: readonly Part[];
}

/** A tensor that is one array in the file. */
export const whole = (
  name: string | null,
  source: string,
  shape: Shape,
  layout: Layout = "plain",
): Place => ({
  name,
  parts: [{ source, shape, layout }],
});

/** The shape that the file has. */
export const sourceShape = ({ shape, layout }: Part): Shape =>
  layout === "transposed" ? [...shape].reverse() : shape;

/** Writes an array of the file into its rows of our tensor, which are as many numbers. */
export function copyIn(rows: Float32Array | Float64Array, part: Part, array: FloatArray): void {
  if (part.layout === "plain") {
    copyFloats(rows, array);
    return;
  }
  const floats = floatsOf(array);
  const [count, width] = part.shape as [number, number];
  if (part.layout === "transposed") transpose(rows, floats, count, width);
  else {
    for (let row = 0; row < count; row++) {
      const from = interleavedRow(row, part.headWidth!) * width;
      rows.set(floats.subarray(from, from + width), row * width);
    }
  }
}

/** Rows of our tensor as the file shall have them. */
export function copyOut(rows: Float32Array | Float64Array, part: Part, type: FloatType): NamedArray {
  const shape = sourceShape(part);
  if (part.layout === "plain") return floatsAs(type, shape, rows.slice());
  const moved = new (rows.constructor as Float32ArrayConstructor)(rows.length);
  const [count, width] = part.shape as [number, number];
  if (part.layout === "transposed") transpose(moved, rows, width, count);
  else {
    for (let row = 0; row < count; row++) {
      moved.set(rows.subarray(row * width, (row + 1) * width), interleavedRow(row, part.headWidth!) * width);
    }
  }
  return floatsAs(type, shape, moved);
}

/** Numbers of all the parts before each, and of all: where they begin in our tensor. */
export function offsetsOf({ parts }: Place): readonly number[] {
  const offsets = [0];
  for (const { shape } of parts) offsets.push(offsets.at(-1)! + sizeOf(shape));
  return offsets;
}

type FloatArray = NamedArray & { readonly dtype: FloatType };

function floatsOf(array: FloatArray): Float32Array | Float64Array {
  if (array.dtype === "f32" || array.dtype === "f64") return array.data;
  const floats = new Float32Array(array.data.length);
  copyFloats(floats, array);
  return floats;
}

/** Which row of the file is our row: within a head i is 2i, and i + D/2 is 2i + 1. */
function interleavedRow(row: number, headWidth: number): number {
  const half = headWidth / 2;
  const within = row % headWidth;
  return row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
}

/** Side of the squares in which a matrix is transposed: 16 numbers are a cache line. */
const SQUARE = 16;

/** y = xᵀ.  x: [columns, rows]  y: [rows, columns] */
function transpose(
  y: Float32Array | Float64Array,
  x: Float32Array | Float64Array,
  rows: number,
  columns: number,
): void {
  for (let top = 0; top < rows; top += SQUARE) {
    const bottom = Math.min(rows, top + SQUARE);
    for (let column = 0; column < columns; column++) {
      for (let row = top; row < bottom; row++) y[row * columns + column] = x[column * rows + row]!;
    }
  }
}

import type { BlockType } from "./ggufBlocks.ts";
import { type ElementType, elementCount, type NamedArray } from "./namedArrays.ts";

/** A tensor in a file whose description has been read and checked, and whose elements have not been read yet. */
export interface LazyArray {
  /** How the file holds it. */
  readonly stored: ElementType | BlockType;
  readonly shape: readonly number[];
  /** Reads the elements, each time anew; blocks of quantised weights come as f32. */
  read(): Promise<NamedArray>;
}

/** Tensors by name. A map has no prototype that a name could reach. */
export type LazyArrays = ReadonlyMap<string, LazyArray>;

/** As many axes as PyTorch and numpy allow: a file with more is no file of tensors. */
export const MAX_RANK = 64;

/** What is wrong with a shape that a file claims, or how many elements it has. */
export function countOrRule(shape: readonly number[]): number | string {
  if (shape.length > MAX_RANK) return `the shape has ${shape.length} axes, more than ${MAX_RANK}`;
  return elementCount(shape) ?? "the shape has more than 2^53 - 1 elements";
}

import type { Ptr } from "./pointer.ts";

/** Indices are i32, already checked: 0 ≤ index < length. indexSelect, gather and sort move slots blindly. */
export interface IndexingKernels {
  /** y[o, j, i] = x[o, index[j], i].  x: [outer, length, inner], index: [count], y: [outer, count, inner]. */
  indexSelect(y: Ptr, x: Ptr, index: Ptr, outer: number, length: number, inner: number, count: number): void;
  /** y[o, index[j], i] += x[o, j, i], in order of j.  y: [outer, length, inner], x: [outer, count, inner]. */
  indexAddInto(y: Ptr, x: Ptr, index: Ptr, outer: number, length: number, inner: number, count: number): void;
  /** y[o, j, i] = x[o, index[o, j, i], i].  index, y: [outer, count, inner]. */
  gather(y: Ptr, x: Ptr, index: Ptr, outer: number, length: number, inner: number, count: number): void;
  /** y[o, index[o, j, i], i] += x[o, j, i], in order of j. */
  scatterAddInto(
    y: Ptr,
    x: Ptr,
    index: Ptr,
    outer: number,
    length: number,
    inner: number,
    count: number,
  ): void;
  /**
   * Sorts each row of floats: values[r, j] = x[r, indices[r, j]], ascending or (descending ≠ 0) descending,
   * equal values in their order (stable), NaN counts as the largest. scratch: 2·width elements.
   */
  sort(
    values: Ptr,
    indices: Ptr,
    x: Ptr,
    scratch: Ptr,
    rows: number,
    width: number,
    descending: number,
  ): void;
}

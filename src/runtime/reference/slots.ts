import type { Ptr } from "../kernels/index.ts";

export type FloatArray = Float32Array | Float64Array;
export type IntArray = Int32Array | Float64Array;

/**
 * Memory as the reference kernels see it: arrays that start at a pointer. Made anew in each call, since
 * growing detaches them.
 */
export interface Slots {
  floats(ptr: Ptr): FloatArray;
  /** i32 values; on the f64 reference a slot holds an exact double. */
  ints(ptr: Ptr): IntArray;
  /**
   * Slots to be moved without a look at their dtype (an Int32Array in f32: a float array may change the bits
   * of a NaN).
   */
  raw(ptr: Ptr): IntArray;
  /** Rounds to the precision of the floats: Math.fround, or nothing. */
  round(value: number): number;
}

export type Precision = "f32" | "f64";

/** Slots over the buffer that `buffer()` returns at the time of the call. */
export function slotsOver(buffer: () => ArrayBufferLike, precision: Precision): Slots {
  if (precision === "f64") {
    const doubles = (ptr: Ptr) => new Float64Array(buffer(), ptr);
    return { floats: doubles, ints: doubles, raw: doubles, round: (value) => value };
  }
  const ints = (ptr: Ptr) => new Int32Array(buffer(), ptr);
  return { floats: (ptr) => new Float32Array(buffer(), ptr), ints, raw: ints, round: Math.fround };
}

import type { Ptr } from "./pointer.ts";

/** Kernels that move slots without looking at them: blind to dtype, bits stay bits. */
export interface MoveKernels {
  /**
   * y[yOffset + Σ iₐ·yₐ] = x[xOffset + Σ iₐ·xₐ] over all i₀ < n0 … i₃ < n3; strides in elements, any sign, 0
   * repeats x. One kernel for permute, slice, flip, broadcast, concatenation and their adjoints that do not
   * add.
   */
  copy(
    y: Ptr,
    x: Ptr,
    yOffset: number,
    xOffset: number,
    n0: number,
    n1: number,
    n2: number,
    n3: number,
    y0: number,
    y1: number,
    y2: number,
    y3: number,
    x0: number,
    x1: number,
    x2: number,
    x3: number,
  ): void;
  /** y[0 … size-1] = value, as floats. */
  fill(y: Ptr, size: number, value: number): void;
  /** y[0 … size-1] = value, as i32. */
  fillI32(y: Ptr, size: number, value: number): void;
}

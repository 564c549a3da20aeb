import type { Ptr } from "./pointer.ts";

/** Slots of one row of `width` codes. */
export const codeSlots = (width: number): number => Math.ceil(width / 4);

/** Elements of scratch that `rowsTimesQuantized` may use. */
export const quantizedScratch = (width: number): number => width + 16;

/**
 * A matrix of 8 bits an element: row j is scales[j] times whole numbers from -127 to 127, its codes. Four codes share an i32 slot, the first
 * in its lowest byte; a row takes ⌈width/4⌉ slots, and bytes beyond its width are 0.
 */
export interface QuantizedKernels {
  /**
   * scales[r] = max|x[r]|/127; codes[r, i] = x[r, i]·(127/max|x[r]|), rounded to even. Each step is rounded to f32 on every precision, so
   * that all have the same codes. A row of zeros has the scale 0.
   */
  quantizeRows(codes: Ptr, scales: Ptr, x: Ptr, rows: number, width: number): void;
  /** y[r, i] = scales[r]·codes[r, i]. */
  dequantizeRows(y: Ptr, codes: Ptr, scales: Ptr, rows: number, width: number): void;
  /**
   * y[r, j] = scales[j]·Σ_i x[r, i]·codes[j, i], x: [rows, width], y: [rows, outputs]. x may enter rounded to 2⁻²⁴ of its row's largest
   * magnitude; a row of x that is not finite gives NaN.
   */
  rowsTimesQuantized(
    y: Ptr,
    x: Ptr,
    codes: Ptr,
    scales: Ptr,
    scratch: Ptr,
    rows: number,
    outputs: number,
    width: number,
  ): void;
}

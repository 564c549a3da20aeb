import type { Ptr } from "./pointer.ts";

/**
 * Rows of one chunk in the sums over rows that gain and bias gradients are: from 0 a chunk's rows are added
 * in order, and from 0 the chunk sums. n = (x - mean)·rstd and dy·n are rounded operation by operation there.
 * Sums along a row are in any order.
 */
export const NORM_CHUNK_ROWS = 64;

/** x, y, dx, dy: [rows, width]; gain, bias, dGain, dBias: [width]; mean, rstd: [rows]. */
export interface NormKernels {
  /**
   * y = (x - mean)·rstd·gain + bias, rstd = 1/√(variance + eps), variance in a second pass around the mean.
   * gain and bias may be absent; mean and rstd are always written.
   */
  layerNorm(
    y: Ptr,
    mean: Ptr,
    rstd: Ptr,
    x: Ptr,
    gain: Ptr,
    bias: Ptr,
    rows: number,
    width: number,
    eps: number,
  ): void;
  /**
   * With g = dy·gain and n = (x - mean)·rstd: dx = rstd·(g - mean(g) - n·mean(g·n)), dGain = Σ_rows dy·n,
   * dBias = Σ_rows dy. gain, dGain and dBias may be absent; dx always is written. scratch: 2·width elements.
   */
  layerNormBackward(
    dx: Ptr,
    dGain: Ptr,
    dBias: Ptr,
    dy: Ptr,
    x: Ptr,
    gain: Ptr,
    mean: Ptr,
    rstd: Ptr,
    scratch: Ptr,
    rows: number,
    width: number,
  ): void;
  /** y = x·rstd·gain, rstd = 1/√(mean(x²) + eps). gain may be absent. */
  rmsNorm(y: Ptr, rstd: Ptr, x: Ptr, gain: Ptr, rows: number, width: number, eps: number): void;
  /**
   * With g = dy·gain and n = x·rstd: dx = rstd·(g - n·mean(g·n)), dGain = Σ_rows dy·n. scratch: width
   * elements.
   */
  rmsNormBackward(
    dx: Ptr,
    dGain: Ptr,
    dy: Ptr,
    x: Ptr,
    gain: Ptr,
    rstd: Ptr,
    scratch: Ptr,
    rows: number,
    width: number,
  ): void;
}

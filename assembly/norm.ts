/**
 * LayerNorm (Ba et al. 2016) and RMSNorm (Zhang & Sennrich 2019), forward. `centered` is a constant of each
 * inlined copy: RMSNorm is the same kernel with a mean of 0.
 */
import { LANES, loadFirst, slot, storeFirst, VECTOR } from "./lanes";
import { rowSquares, rowSum } from "./rows";

export function layerNorm(
  y: usize, mean: usize, rstd: usize, x: usize, gain: usize, bias: usize, rows: i32, width: i32, eps: f32,
): void {
  forward(true, y, mean, rstd, x, gain, bias, rows, width, eps);
}

export function rmsNorm(y: usize, rstd: usize, x: usize, gain: usize, rows: i32, width: i32, eps: f32): void {
  forward(false, y, 0, rstd, x, gain, 0, rows, width, eps);
}

/** y = (x - mean)·rstd·gain + bias, rstd = 1/√(mean((x - mean)²) + eps). */
// @ts-ignore: decorator
@inline
function forward(
  centered: bool, y: usize, mean: usize, rstd: usize, x: usize, gain: usize, bias: usize,
  rows: i32, width: i32, eps: f32,
): void {
  const body = <usize>(width & -LANES) << 2;
  const left = width & (LANES - 1);
  for (let r = 0; r < rows; r++) {
    const rowMean: f32 = centered ? rowSum(x, width) / <f32>width : 0;
    const rowScale: f32 = 1 / sqrt<f32>(rowSquares(centered, x, width, rowMean) / <f32>width + eps);
    const center = f32x4.splat(rowMean);
    const scale = f32x4.splat(rowScale);
    let at: usize = 0;
    for (; at < body; at += VECTOR) {
      let value = normalized(centered, v128.load(x + at), center, scale);
      if (gain) value = f32x4.mul(value, v128.load(gain + at));
      if (bias) value = f32x4.add(value, v128.load(bias + at));
      v128.store(y + at, value);
    }
    if (left) {
      let value = normalized(centered, loadFirst(x + at, left), center, scale);
      if (gain) value = f32x4.mul(value, loadFirst(gain + at, left));
      if (bias) value = f32x4.add(value, loadFirst(bias + at, left));
      storeFirst(y + at, value, left);
    }
    if (centered) store<f32>(slot(mean, r), rowMean);
    store<f32>(slot(rstd, r), rowScale);
    x = slot(x, width);
    y = slot(y, width);
  }
}

// @ts-ignore: decorator
@inline
export function normalized(centered: bool, x: v128, center: v128, scale: v128): v128 {
  return f32x4.mul(centered ? f32x4.sub(x, center) : x, scale);
}

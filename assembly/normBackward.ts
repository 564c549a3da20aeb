/** LayerNorm and RMSNorm, backward; as in norm.ts, `centered` is a constant of each inlined copy. */
import { LANES, loadOne, loadUpTo, SLOT, slot, storeOne, storeUpTo, sumLanes, VECTOR } from "./lanes";
import { normalized } from "./norm";

/** Rows of one chunk in the sums over rows; chunk sums are added in order (src/runtime/kernels/norm.ts). */
const CHUNK_ROWS: i32 = 64;

export function layerNormBackward(
  dx: usize, dGain: usize, dBias: usize, dy: usize, x: usize, gain: usize, mean: usize, rstd: usize,
  scratch: usize, rows: i32, width: i32,
): void {
  backward(true, dx, dGain, dBias, dy, x, gain, mean, rstd, scratch, rows, width);
}

export function rmsNormBackward(
  dx: usize, dGain: usize, dy: usize, x: usize, gain: usize, rstd: usize,
  scratch: usize, rows: i32, width: i32,
): void {
  backward(false, dx, dGain, 0, dy, x, gain, 0, rstd, scratch, rows, width);
}

/** dx row by row; the sums of a chunk of rows grow in scratch, first dGain's, then dBias's. */
// @ts-ignore: decorator
@inline
function backward(
  centered: bool, dx: usize, dGain: usize, dBias: usize, dy: usize, x: usize, gain: usize,
  mean: usize, rstd: usize, scratch: usize, rows: i32, width: i32,
): void {
  const gainSums = dGain ? scratch : 0;
  const biasSums = dBias ? slot(scratch, width) : 0;
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    if (gainSums) clear(gainSums, width);
    if (biasSums) clear(biasSums, width);
    const end = min<i32>(first + CHUNK_ROWS, rows);
    for (let r = first; r < end; r++) {
      const center = centered ? v128.load32_splat(slot(mean, r)) : f32x4.splat(0);
      const scale = v128.load32_splat(slot(rstd, r));
      backwardRow(centered, dx, gainSums, biasSums, dy, x, gain, center, scale, width);
      dx = slot(dx, width);
      dy = slot(dy, width);
      x = slot(x, width);
    }
    if (gainSums) finishChunk(dGain, gainSums, width, first == 0);
    if (biasSums) finishChunk(dBias, biasSums, width, first == 0);
  }
}

/** g = dy·gain, n = (x - mean)·rstd: dx = rstd·(g - mean(g) - n·mean(g·n)). */
// @ts-ignore: decorator
@inline
function backwardRow(
  centered: bool, dx: usize, gainSums: usize, biasSums: usize, dy: usize, x: usize, gain: usize,
  center: v128, scale: v128, width: i32,
): void {
  const body = <usize>(width & -LANES) << 2;
  const end = <usize>width << 2;
  let sumOfG = f32x4.splat(0);
  let sumOfProduct = f32x4.splat(0);
  let at: usize = 0;
  for (; at < body; at += VECTOR) {
    const slope = v128.load(dy + at);
    const n = normalized(centered, v128.load(x + at), center, scale);
    if (gainSums) v128.store(gainSums + at, f32x4.add(v128.load(gainSums + at), f32x4.mul(slope, n)));
    if (biasSums) v128.store(biasSums + at, f32x4.add(v128.load(biasSums + at), slope));
    const g = gain ? f32x4.mul(slope, v128.load(gain + at)) : slope;
    if (centered) sumOfG = f32x4.add(sumOfG, g);
    sumOfProduct = f32x4.add(sumOfProduct, f32x4.mul(g, n));
  }
  for (; at < end; at += SLOT) {
    const slope = loadOne(dy + at);
    const n = normalized(centered, loadOne(x + at), center, scale);
    if (gainSums) storeOne(gainSums + at, f32x4.add(loadOne(gainSums + at), f32x4.mul(slope, n)));
    if (biasSums) storeOne(biasSums + at, f32x4.add(loadOne(biasSums + at), slope));
    const g = gain ? f32x4.mul(slope, loadOne(gain + at)) : slope;
    if (centered) sumOfG = f32x4.add(sumOfG, g);
    sumOfProduct = f32x4.add(sumOfProduct, f32x4.mul(g, n));
  }
  const meanOfG = f32x4.splat(sumLanes(sumOfG) / <f32>width);
  const meanOfProduct = f32x4.splat(sumLanes(sumOfProduct) / <f32>width);
  for (at = 0; at < body; at += VECTOR) {
    const n = normalized(centered, v128.load(x + at), center, scale);
    const slope = v128.load(dy + at);
    const g = gain ? f32x4.mul(slope, v128.load(gain + at)) : slope;
    v128.store(dx + at, rowGradient(centered, g, n, meanOfG, meanOfProduct, scale));
  }
  for (; at < end; at += SLOT) {
    const n = normalized(centered, loadOne(x + at), center, scale);
    const slope = loadOne(dy + at);
    const g = gain ? f32x4.mul(slope, loadOne(gain + at)) : slope;
    storeOne(dx + at, rowGradient(centered, g, n, meanOfG, meanOfProduct, scale));
  }
}

// @ts-ignore: decorator
@inline
function rowGradient(
  centered: bool, g: v128, n: v128, meanOfG: v128, meanOfProduct: v128, scale: v128,
): v128 {
  const level = centered ? f32x4.sub(g, meanOfG) : g;
  return f32x4.mul(scale, f32x4.sub(level, f32x4.mul(n, meanOfProduct)));
}

// @ts-ignore: decorator
@inline
function clear(sums: usize, width: i32): void {
  memory.fill(sums, 0, <usize>width << 2);
}

/** The first chunk's sums are the total so far, the others are added to it. */
// @ts-ignore: decorator
@inline
function finishChunk(total: usize, sums: usize, width: i32, isFirst: bool): void {
  let at: usize = 0;
  for (let left = width; left > 0; left -= LANES) {
    const chunk = loadUpTo(sums + at, left);
    storeUpTo(total + at, isFirst ? chunk : f32x4.add(loadUpTo(total + at, left), chunk), left);
    at += VECTOR;
  }
}

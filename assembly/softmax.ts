/** Softmax and its logarithm over rows, forward and backward. */
import { LANES, loadOne, loadUpTo, SLOT, slot, storeOne, storeUpTo, sumLanes, VECTOR } from "./lanes";
import { expUpTo88, log } from "./math";
import { rowExpSum, rowMaximum } from "./rows";

export function softmax(y: usize, x: usize, rows: i32, width: i32): void {
  for (; rows > 0; rows--) {
    const sum = rowExpSum(true, y, x, width, rowMaximum(x, width));
    // A row of only -∞ has the sum 0.
    const scale = f32x4.splat(sum == 0 ? 0 : 1 / sum);
    let to = y;
    for (let left = width; left > 0; left -= LANES) {
      storeUpTo(to, f32x4.mul(loadUpTo(to, left), scale), left);
      to += VECTOR;
    }
    y = slot(y, width);
    x = slot(x, width);
  }
}

/** dx = y·(dy - Σ dy·y). */
export function softmaxBackward(dx: usize, dy: usize, y: usize, rows: i32, width: i32): void {
  const body = <usize>(width & -LANES) << 2;
  const end = <usize>width << 2;
  for (; rows > 0; rows--) {
    let products = f32x4.splat(0);
    let at: usize = 0;
    for (; at < body; at += VECTOR) {
      products = f32x4.add(products, f32x4.mul(v128.load(dy + at), v128.load(y + at)));
    }
    for (; at < end; at += SLOT) products = f32x4.add(products, f32x4.mul(loadOne(dy + at), loadOne(y + at)));
    const mean = f32x4.splat(sumLanes(products));
    for (at = 0; at < body; at += VECTOR) {
      v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), mean)));
    }
    for (; at < end; at += SLOT) {
      storeOne(dx + at, f32x4.mul(loadOne(y + at), f32x4.sub(loadOne(dy + at), mean)));
    }
    dx = slot(dx, width);
    dy = slot(dy, width);
    y = slot(y, width);
  }
}

export function logSoftmax(y: usize, x: usize, rows: i32, width: i32): void {
  for (; rows > 0; rows--) {
    const maximum = rowMaximum(x, width);
    const shift = f32x4.splat(maximum);
    const logSum = log(f32x4.splat(rowExpSum(false, y, x, width, maximum)));
    // A row of only -∞ has the sum 0, and stays as it is.
    const offset = f32x4.extract_lane(logSum, 0) == -Infinity ? f32x4.splat(0) : logSum;
    let at: usize = 0;
    for (let left = width; left > 0; left -= LANES) {
      storeUpTo(y + at, f32x4.sub(f32x4.sub(loadUpTo(x + at, left), shift), offset), left);
      at += VECTOR;
    }
    y = slot(y, width);
    x = slot(x, width);
  }
}

/** dx = dy - exp(y)·Σ dy. */
export function logSoftmaxBackward(dx: usize, dy: usize, y: usize, rows: i32, width: i32): void {
  const body = <usize>(width & -LANES) << 2;
  const end = <usize>width << 2;
  for (; rows > 0; rows--) {
    let sums = f32x4.splat(0);
    let at: usize = 0;
    for (; at < body; at += VECTOR) sums = f32x4.add(sums, v128.load(dy + at));
    for (; at < end; at += SLOT) sums = f32x4.add(sums, loadOne(dy + at));
    const sum = f32x4.splat(sumLanes(sums));
    for (at = 0; at < body; at += VECTOR) {
      v128.store(dx + at, f32x4.sub(v128.load(dy + at), f32x4.mul(expUpTo88(v128.load(y + at)), sum)));
    }
    for (; at < end; at += SLOT) {
      storeOne(dx + at, f32x4.sub(loadOne(dy + at), f32x4.mul(expUpTo88(loadOne(y + at)), sum)));
    }
    dx = slot(dx, width);
    dy = slot(dy, width);
    y = slot(y, width);
  }
}

/** Reductions that are not one number per column: running sums, and a look at everything. */
import { LANES, loadUpTo, slot, storeUpTo, VECTOR } from "./lanes";

/**
 * Four columns go side by side; a single one is a chain of additions that nothing shortens without changing
 * the sums.
 */
export function cumsum(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  for (; outer > 0; outer--) {
    if (inner == 1) cumsumRow(y, x, length);
    else {
      for (let column = 0; column < inner; column += LANES) {
        cumsumColumns(slot(y, column), slot(x, column), length, inner, inner - column);
      }
    }
    y = slot(y, length * inner);
    x = slot(x, length * inner);
  }
}

// @ts-ignore: decorator
@inline
function cumsumRow(y: usize, x: usize, length: i32): void {
  let sum: f32 = 0;
  for (let l = 0; l < length; l++) {
    sum += load<f32>(slot(x, l));
    store<f32>(slot(y, l), sum);
  }
}

// @ts-ignore: decorator
@inline
function cumsumColumns(y: usize, x: usize, length: i32, inner: i32, count: i32): void {
  let sum = f32x4.splat(0);
  for (; length > 0; length--) {
    sum = f32x4.add(sum, loadUpTo(x, count));
    storeUpTo(y, sum, count);
    x = slot(x, inner);
    y = slot(y, inner);
  }
}

/** Elements looked at before the answer may come early. */
const FINITE_BLOCK: i32 = 4096;

export function allFinite(y: usize, x: usize, size: i32): void {
  const infinity = f32x4.splat(Infinity);
  while (size > 0) {
    let finite = f32x4.eq(infinity, infinity);
    for (let left = min<i32>(size, FINITE_BLOCK); left > 0; left -= LANES) {
      finite = v128.and(finite, f32x4.lt(f32x4.abs(loadUpTo(x, left)), infinity));
      x += VECTOR;
    }
    if (!i32x4.all_true(finite)) {
      store<f32>(y, 0);
      return;
    }
    size -= FINITE_BLOCK;
  }
  store<f32>(y, 1);
}

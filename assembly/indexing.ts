/** Rows and elements taken from, or added to, the places that an index names. */
import { LANES, loadFirst, slot, storeFirst, VECTOR } from "./lanes";

export function indexSelect(
  y: usize, x: usize, index: usize, outer: i32, length: i32, inner: i32, count: i32,
): void {
  for (; outer > 0; outer--) {
    for (let j = 0; j < count; j++) {
      copyRun(y, slot(x, load<i32>(slot(index, j)) * inner), inner);
      y = slot(y, inner);
    }
    x = slot(x, length * inner);
  }
}

export function indexAddInto(
  y: usize, x: usize, index: usize, outer: i32, length: i32, inner: i32, count: i32,
): void {
  for (; outer > 0; outer--) {
    for (let j = 0; j < count; j++) {
      addRun(slot(y, load<i32>(slot(index, j)) * inner), x, inner);
      x = slot(x, inner);
    }
    y = slot(y, length * inner);
  }
}

export function gather(
  y: usize, x: usize, index: usize, outer: i32, length: i32, inner: i32, count: i32,
): void {
  for (; outer > 0; outer--) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++) {
        const at = load<i32>(index) * inner + i;
        store<i32>(y, load<i32>(slot(x, at)));
        index += 4;
        y += 4;
      }
    }
    x = slot(x, length * inner);
  }
}

export function scatterAddInto(
  y: usize, x: usize, index: usize, outer: i32, length: i32, inner: i32, count: i32,
): void {
  for (; outer > 0; outer--) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++) {
        const at = slot(y, load<i32>(index) * inner + i);
        store<f32>(at, load<f32>(at) + load<f32>(x));
        index += 4;
        x += 4;
      }
    }
    y = slot(y, length * inner);
  }
}

// @ts-ignore: decorator
@inline
function copyRun(y: usize, x: usize, size: i32): void {
  for (; size >= LANES; size -= LANES) {
    v128.store(y, v128.load(x));
    y += VECTOR;
    x += VECTOR;
  }
  if (size > 0) storeFirst(y, loadFirst(x, size), size);
}

// @ts-ignore: decorator
@inline
function addRun(y: usize, x: usize, size: i32): void {
  for (; size >= LANES; size -= LANES) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
    y += VECTOR;
    x += VECTOR;
  }
  if (size > 0) storeFirst(y, f32x4.add(loadFirst(y, size), loadFirst(x, size)), size);
}

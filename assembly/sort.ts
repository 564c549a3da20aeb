/** A stable merge sort from the bottom up, of values and the indices they came from. */
import { slot } from "./lanes";

export function sort(
  values: usize, indices: usize, x: usize, scratch: usize, rows: i32, width: i32, descending: i32,
): void {
  for (; rows > 0; rows--) {
    sortRow(values, indices, x, scratch, slot(scratch, width), width, descending);
    values = slot(values, width);
    indices = slot(indices, width);
    x = slot(x, width);
  }
}

/**
 * Runs of 1, 2, 4, … are merged from one pair of arrays into the other; an odd number of passes starts from
 * the scratch pair.
 */
function sortRow(
  values: usize, indices: usize, x: usize, otherValues: usize, otherIndices: usize,
  width: i32, descending: i32,
): void {
  let passes = 0;
  while (1 << passes < width) passes++;
  const swapped = (passes & 1) != 0;
  let fromValues = swapped ? otherValues : values;
  let fromIndices = swapped ? otherIndices : indices;
  let toValues = swapped ? values : otherValues;
  let toIndices = swapped ? indices : otherIndices;
  for (let i = 0; i < width; i++) {
    store<i32>(slot(fromValues, i), load<i32>(slot(x, i)));
    store<i32>(slot(fromIndices, i), i);
  }
  for (let run = 1; passes > 0; passes--, run *= 2) {
    for (let start = 0; start < width; start += 2 * run) {
      const middle = min<i32>(start + run, width);
      const end = min<i32>(middle + run, width);
      merge(toValues, toIndices, fromValues, fromIndices, start, middle, end, descending);
    }
    const spareValues = fromValues;
    const spareIndices = fromIndices;
    fromValues = toValues;
    fromIndices = toIndices;
    toValues = spareValues;
    toIndices = spareIndices;
  }
}

/** Of equals the left one goes first, so they keep their order. */
function merge(
  toValues: usize, toIndices: usize, values: usize, indices: usize,
  start: i32, middle: i32, end: i32, descending: i32,
): void {
  let left = start;
  let right = middle;
  for (let to = start; to < end; to++) {
    let takesRight: bool = left == middle;
    if (!takesRight && right < end) {
      const a = load<f32>(slot(values, left));
      const b = load<f32>(slot(values, right));
      takesRight = descending != 0 ? precedes(a, b) : precedes(b, a);
    }
    const from = takesRight ? right++ : left++;
    store<i32>(slot(toValues, to), load<i32>(slot(values, from)));
    store<i32>(slot(toIndices, to), load<i32>(slot(indices, from)));
  }
}

/** a < b, NaN being larger than every number and equal to itself. */
// @ts-ignore: decorator
@inline
function precedes(a: f32, b: f32): bool {
  return a < b || (b != b && a == a);
}

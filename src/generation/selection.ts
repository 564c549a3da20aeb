/** Finding the largest of many numbers without sorting them all. */

type Numbers = Float32Array | Float64Array;

/**
 * The indices of the `count` largest values, the largest first; of equals the first is the better one.
 * values: [V]
 */
export function bestTokens(values: Numbers, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && !(values[i]! > values[best[count - 1]!]!)) continue;
    let place = best.length;
    while (place > 0 && values[i]! > values[best[place - 1]!]!) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/**
 * The value with `rank` - 1 larger ones before it, 1 ≤ rank ≤ V. Quickselect (Hoare 1961), O(V) on average.
 * values: [V], no NaN
 */
export function nthLargest(values: Numbers, rank: number): number {
  const left = Float64Array.from(values);
  let [low, high] = [0, left.length - 1];
  while (low < high) {
    const pivot = middleOf(left[low]!, left[(low + high) >> 1]!, left[high]!);
    let [i, j] = [low, high];
    while (i <= j) {
      while (left[i]! > pivot) i++;
      while (left[j]! < pivot) j--;
      if (i > j) break;
      const larger = left[j]!;
      left[j--] = left[i]!;
      left[i++] = larger;
    }
    // low … j are at least the pivot, i … high at most, and between them it stands itself.
    if (rank - 1 <= j) high = j;
    else if (rank - 1 >= i) low = i;
    else return pivot;
  }
  return left[low]!;
}

const middleOf = (a: number, b: number, c: number) => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

import type { IndexingKernels } from "../kernels/indexing.ts";
import type { FloatArray, Slots } from "./slots.ts";

export function indexingReference({ floats, ints, raw }: Slots): IndexingKernels {
  return {
    indexSelect(y, x, index, outer, length, inner, count) {
      const to = raw(y);
      const from = raw(x);
      const chosen = ints(index);
      eachElement(outer, count, inner, (o, j, i) => {
        to[(o * count + j) * inner + i] = from[(o * length + chosen[j]!) * inner + i]!;
      });
    },
    indexAddInto(y, x, index, outer, length, inner, count) {
      const total = floats(y);
      const term = floats(x);
      const chosen = ints(index);
      eachElement(outer, count, inner, (o, j, i) => {
        const at = (o * length + chosen[j]!) * inner + i;
        total[at] = total[at]! + term[(o * count + j) * inner + i]!;
      });
    },
    gather(y, x, index, outer, length, inner, count) {
      const to = raw(y);
      const from = raw(x);
      const chosen = ints(index);
      eachElement(outer, count, inner, (o, j, i) => {
        const at = (o * count + j) * inner + i;
        to[at] = from[(o * length + chosen[at]!) * inner + i]!;
      });
    },
    scatterAddInto(y, x, index, outer, length, inner, count) {
      const total = floats(y);
      const term = floats(x);
      const chosen = ints(index);
      eachElement(outer, count, inner, (o, j, i) => {
        const from = (o * count + j) * inner + i;
        const at = (o * length + chosen[from]!) * inner + i;
        total[at] = total[at]! + term[from]!;
      });
    },
    sort(values, indices, x, _scratch, rows, width, descending) {
      const sorted = raw(values);
      const order = ints(indices);
      const moved = raw(x);
      const key = floats(x);
      for (let r = 0; r < rows; r++) {
        const start = r * width;
        sortedOrder(key, start, width, descending !== 0).forEach((from, j) => {
          order[start + j] = from;
          sorted[start + j] = moved[start + from]!;
        });
      }
    },
  };
}

/** Visits [outer, count, inner] in order of j inside each (o, i), as sums into one element ask for. */
function eachElement(
  outer: number,
  count: number,
  inner: number,
  visit: (o: number, j: number, i: number) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++) visit(o, j, i);
    }
  }
}

/** The positions of a row's elements in sorted order; Array's sort is stable. */
function sortedOrder(x: FloatArray, start: number, width: number, descending: boolean): number[] {
  const positions = Array.from({ length: width }, (_, j) => j);
  const ascending = (a: number, b: number) => compareNaNLargest(x[start + a]!, x[start + b]!);
  return positions.sort(descending ? (a, b) => ascending(b, a) : ascending);
}

function compareNaNLargest(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { ReduceKernel, ReduceKernels } from "../kernels/reduce.ts";
import { SUM_CHUNK } from "../kernels/reduce.ts";
import type { FloatArray, Slots } from "./slots.ts";

/** Lanes in which a chunk of contiguous terms is summed. */
const LANES = 16;

export function reduceReference({ floats, ints, round }: Slots): ReduceKernels {
  /**
   * Reduces each line x[o, :, i] of [outer, length, inner] to one element; a line is its terms as a function
   * of l.
   */
  const eachLine = (
    x: FloatArray,
    outer: number,
    length: number,
    inner: number,
    visit: (line: (l: number) => number, result: number) => void,
  ) => {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) visit((l) => x[(o * length + l) * inner + i]!, o * inner + i);
    }
  };

  const sumOf =
    (term: (x: number) => number): ReduceKernel =>
    (y, x, outer, length, inner) => {
      const to = floats(y);
      const chunkSum = inner === 1 ? sumInLanes : sumInOrder;
      eachLine(floats(x), outer, length, inner, (line, result) => {
        let total = 0;
        for (let start = 0; start < length; start += SUM_CHUNK) {
          const end = Math.min(start + SUM_CHUNK, length);
          total = round(total + chunkSum((l) => term(line(l)), start, end, round));
        }
        to[result] = total;
      });
    };

  const extremumOf =
    (better: (a: number, b: number) => number): ReduceKernel =>
    (y, x, outer, length, inner) => {
      const to = floats(y);
      eachLine(floats(x), outer, length, inner, (line, result) => {
        let best = line(0);
        for (let l = 1; l < length; l++) best = better(best, line(l));
        to[result] = best;
      });
    };

  const indexOf =
    (isBetter: (a: number, b: number) => boolean): ReduceKernel =>
    (y, x, outer, length, inner) => {
      const to = ints(y);
      eachLine(floats(x), outer, length, inner, (line, result) => {
        let best = 0;
        for (let l = 1; l < length; l++) {
          if (Number.isNaN(line(best))) break;
          if (isBetter(line(l), line(best)) || Number.isNaN(line(l))) best = l;
        }
        to[result] = best;
      });
    };

  return {
    sum: sumOf((x) => x),
    sumOfSquares: sumOf((x) => round(x * x)),
    max: extremumOf(Math.max),
    min: extremumOf(Math.min),
    argmax: indexOf((a, b) => a > b),
    argmin: indexOf((a, b) => a < b),
    cumsum(y, x, outer, length, inner) {
      const to = floats(y);
      const from = floats(x);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let total = 0;
          for (let l = 0; l < length; l++) {
            const at = (o * length + l) * inner + i;
            total = round(total + from[at]!);
            to[at] = total;
          }
        }
      }
    },
    allFinite(y, x, size) {
      floats(y)[0] = Number(floats(x).subarray(0, size).every(Number.isFinite));
    },
  };
}

type ChunkSum = (
  term: (l: number) => number,
  start: number,
  end: number,
  round: (value: number) => number,
) => number;

const sumInOrder: ChunkSum = (term, start, end, round) => {
  let sum = 0;
  for (let l = start; l < end; l++) sum = round(sum + term(l));
  return sum;
};

/** Term t goes to lane t mod 16; then lane l takes lane l + 8, then l + 4, l + 2, l + 1. */
const sumInLanes: ChunkSum = (term, start, end, round) => {
  const lanes = new Float64Array(LANES);
  for (let l = start; l < end; l++) {
    const lane = (l - start) % LANES;
    lanes[lane] = round(lanes[lane]! + term(l));
  }
  for (let distance = LANES / 2; distance >= 1; distance /= 2) {
    for (let lane = 0; lane < distance; lane++) {
      lanes[lane] = round(lanes[lane]! + lanes[lane + distance]!);
    }
  }
  return lanes[0]!;
};

import { NORM_CHUNK_ROWS } from "../kernels/norm.ts";
import { SUM_CHUNK } from "../kernels/reduce.ts";
import { type Arguments, type Cut, type Split, slotAt } from "./cut.ts";

/** y, x; outer, length, inner. */
type Reduced = [y: number, x: number, outer: number, length: number, inner: number];

/** Nanoseconds an element takes. */
const ADDED = 0.2;
const COMPARED = 0.3;
const NORMED = 0.6;

const timeOf = (each: number) => (values: Arguments) => each * values[2]! * values[3]! * values[4]!;

/** Whole results where there are several, for `results` slots each; else null. */
function byOuter(values: Arguments, results: number): Cut | null {
  const [, , outer, length, inner] = values as Reduced;
  return outer > 1 ? { count: 2, grain: 1, pointers: [results, length * inner] } : null;
}

export const splitOfExtreme: Split = {
  time: timeOf(COMPARED),
  cut: (values) => byOuter(values, values[4]!),
};

export const splitOfCumsum: Split = {
  time: timeOf(COMPARED),
  cut: (values) => byOuter(values, values[3]! * values[4]!),
};

/** Whole sums, or else chunks of terms. */
export const splitOfSum: Split = {
  time: timeOf(ADDED),
  cut(values) {
    const [y, x, , length, inner] = values as Reduced;
    const chunks = Math.ceil(length / SUM_CHUNK);
    return (
      byOuter(values, inner) ?? {
        chunks,
        size: inner,
        chunk(index, sums) {
          const first = index * SUM_CHUNK;
          return [sums, slotAt(x, first * inner), 1, Math.min(SUM_CHUNK, length - first), inner];
        },
        totals: [{ ptr: y, at: 0, size: inner, fromZero: true }],
      }
    );
  },
};

/**
 * Chunks of rows: dx is theirs, dGain and dBias are summed.
 *
 *   layerNormBackward  dx, dGain, dBias; dy, x, gain, mean, rstd, scratch; rows, width
 *   rmsNormBackward    dx, dGain;        dy, x, gain,       rstd, scratch; rows, width
 */
export function splitOfNormBackward(centered: boolean): Split {
  const [dyAt, scratchAt] = centered ? [3, 8] : [2, 6];
  const [rowsAt, widthAt] = [scratchAt + 1, scratchAt + 2];
  return {
    time: (values) => NORMED * values[rowsAt]! * values[widthAt]!,
    cut(values) {
      const [rows, width] = values.slice(rowsAt) as [number, number];
      const sums = dyAt - 1;
      return {
        chunks: Math.ceil(rows / NORM_CHUNK_ROWS),
        size: sums * width,
        chunk(index, to) {
          const first = index * NORM_CHUNK_ROWS;
          const part = [...values];
          for (let i = 1; i < dyAt; i++) if (part[i] !== 0) part[i] = slotAt(to, (i - 1) * width);
          for (const at of [0, dyAt, dyAt + 1]) part[at] = slotAt(part[at]!, first * width);
          for (let at = dyAt + 3; at < scratchAt; at++) part[at] = slotAt(part[at]!, first);
          part[rowsAt] = Math.min(NORM_CHUNK_ROWS, rows - first);
          return part;
        },
        totals: Array.from({ length: sums }, (_, i) => ({
          ptr: values[1 + i]!,
          at: i * width,
          size: width,
          fromZero: false,
        })),
      };
    },
    scratch: { argument: scratchAt, slots: (values) => 2 * values[widthAt]! },
  };
}

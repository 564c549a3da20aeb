import { codeSlots, quantizedScratch } from "../kernels/quantized.ts";
import type { Split } from "./cut.ts";

/** Nanoseconds an element takes: where codes are made or unpacked, and where they are multiplied. */
const UNPACKED = 0.4;
const MULTIPLIED = 0.08;

/** Outputs handled together: a cache line. */
const LINE = 16;

/** Rows of codes, scales and floats in the order that `steps` gives them: three pointers, rows, width. */
function codedRows(steps: (width: number) => readonly number[]): Split {
  return {
    time: (values) => UNPACKED * values[3]! * values[4]!,
    cut: (values) => ({ count: 3, grain: 1, pointers: steps(values[4]!) }),
  };
}

/** Along the outputs where there is one row, else along the rows. Each part splits its rows of x for itself. */
const rowsTimesQuantized: Split = {
  time: (values) => MULTIPLIED * values[5]! * values[6]! * values[7]!,
  cut(values) {
    const [rows, outputs, width] = values.slice(5) as [number, number, number];
    return rows === 1
      ? { count: 6, grain: LINE, pointers: [1, 0, codeSlots(width), 1] }
      : { count: 5, grain: 1, pointers: [outputs, width] };
  },
  scratch: { argument: 4, slots: (values) => quantizedScratch(values[7]!) },
};

export const quantizedSplits = {
  quantizeRows: codedRows((width) => [codeSlots(width), 1, width]),
  dequantizeRows: codedRows((width) => [width, codeSlots(width), 1]),
  rowsTimesQuantized,
};

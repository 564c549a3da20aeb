import {
  codeSlots,
  type QuantizedKernels,
  quantizedScratch,
} from "../../../src/runtime/kernels/quantized.ts";
import { EPSILON, rounded, same } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { floatInput, floatOutput, intInput, intOutput, scratch } from "../harness.ts";

/** Rows of codes with zeros behind their width, as `quantizeRows` leaves them. */
function drawCodes(draw: Draw, rows: number, width: number): Int32Array {
  const slots = codeSlots(width);
  const codes = d.integers(draw, rows * width, -127, 128);
  return Int32Array.from({ length: rows * slots }, (_, slot) => {
    const [row, first] = [Math.floor(slot / slots), 4 * (slot % slots)];
    let packed = 0;
    for (let i = first; i < Math.min(first + 4, width); i++) {
      packed |= (codes[row * width + i]! & 0xff) << (8 * (i & 3));
    }
    return packed;
  });
}

const quantizeRows: Case = (draw) => {
  const [rows, width] = [draw(d.smallCount), draw(d.rowWidth)];
  const x = d.floats(draw, rows * width, d.finite);
  if (draw(d.boolean)) x.fill(0, 0, width);
  return {
    operands: [intOutput(rows * codeSlots(width)), floatOutput(rows), floatInput(x)],
    numbers: [rows, width],
    seed: draw(d.seed),
    bits: "all",
    tolerance: same,
  };
};

const dequantizeRows: Case = (draw) => {
  const [rows, width] = [draw(d.smallCount), draw(d.rowWidth)];
  return {
    operands: [
      floatOutput(rows * width),
      intInput(drawCodes(draw, rows, width)),
      floatInput(d.floats(draw, rows, d.moderate)),
    ],
    numbers: [rows, width],
    seed: draw(d.seed),
    bits: "all",
    tolerance: rounded,
  };
};

const rowsTimesQuantized: Case = (draw) => {
  const [rows, outputs, width] = [draw(d.smallCount), draw(d.smallCount), draw(d.rowWidth)];
  const x = d.floats(draw, rows * width, d.moderate);
  if (draw(d.boolean)) x.fill(0, 0, width);
  const scales = d.floats(draw, outputs, d.moderate);
  return {
    operands: [
      floatOutput(rows * outputs),
      floatInput(x),
      intInput(drawCodes(draw, outputs, width)),
      floatInput(scales),
      scratch(quantizedScratch(width)),
    ],
    numbers: [rows, outputs, width],
    seed: draw(d.seed),
    bits: [],
    // Terms are at most max|x|·127, each off by 2⁻²⁴ of that; the sum of the f32 reference is rounded once.
    tolerance: (_, __, i) => {
      const [r, j] = [Math.floor(i / outputs), i % outputs];
      const row = x.subarray(r * width, (r + 1) * width);
      const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      return Math.abs(scales[j]!) * 127 * largest * width * EPSILON;
    },
  };
};

export const quantizedCases = { quantizeRows, dequantizeRows, rowsTimesQuantized } satisfies Record<
  keyof QuantizedKernels,
  Case
>;

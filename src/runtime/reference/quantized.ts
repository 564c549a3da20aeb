import { codeSlots, type QuantizedKernels } from "../kernels/quantized.ts";
import type { Slots } from "./slots.ts";

const LARGEST_CODE = 127;

/** Code `i` of a row that begins at slot `start`. */
function codeAt(slots: ArrayLike<number>, start: number, i: number): number {
  return (slots[start + (i >> 2)]! << (24 - 8 * (i & 3))) >> 24;
}

/** To the nearest integer, halves to the even one. */
function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

export function quantizedReference({ floats, ints }: Slots): QuantizedKernels {
  return {
    quantizeRows(codes, scales, x, rows, width) {
      const codesOf = ints(codes);
      const scalesOf = floats(scales);
      const xOf = floats(x);
      const slots = codeSlots(width);
      for (let r = 0; r < rows; r++) {
        const row = Array.from({ length: width }, (_, i) => xOf[r * width + i]!);
        const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        const steps = largest > 0 ? Math.fround(LARGEST_CODE / largest) : 0;
        scalesOf[r] = Math.fround(largest / LARGEST_CODE);
        for (let slot = 0; slot < slots; slot++) {
          let packed = 0;
          for (let i = 4 * slot; i < Math.min(4 * slot + 4, width); i++) {
            const code = roundToEven(Math.fround(row[i]! * steps));
            const inside = Math.min(Math.max(code, -LARGEST_CODE), LARGEST_CODE);
            packed |= (inside & 0xff) << (8 * (i & 3));
          }
          codesOf[r * slots + slot] = packed;
        }
      }
    },
    dequantizeRows(y, codes, scales, rows, width) {
      const yOf = floats(y);
      const codesOf = ints(codes);
      const scalesOf = floats(scales);
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < width; i++) {
          yOf[r * width + i] = scalesOf[r]! * codeAt(codesOf, r * codeSlots(width), i);
        }
      }
    },
    rowsTimesQuantized(y, x, codes, scales, _scratch, rows, outputs, width) {
      const yOf = floats(y);
      const xOf = floats(x);
      const codesOf = ints(codes);
      const scalesOf = floats(scales);
      for (let r = 0; r < rows; r++) {
        const row = Array.from({ length: width }, (_, i) => xOf[r * width + i]!);
        const finite = row.every(Number.isFinite);
        for (let j = 0; j < outputs; j++) {
          let sum = finite ? 0 : Number.NaN;
          for (let i = 0; i < width; i++) sum += row[i]! * codeAt(codesOf, j * codeSlots(width), i);
          yOf[r * outputs + j] = scalesOf[j]! * sum;
        }
      }
    },
  };
}

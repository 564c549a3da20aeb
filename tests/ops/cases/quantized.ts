import fc from "fast-check";
import { dequantizeRows, quantizedLinear, quantizeRows } from "../../../src/ops/index.ts";
import { drawFloats } from "../../support/inputs.ts";
import type { InputSpec, OpCase } from "../../support/opCase.ts";

/** Around one slot of codes and one vector of them; 0 is rare. */
const width = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 18 }) }, fc.constant(0));
const count = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.constant(0));

/** Codes from -127 to 127, four to an element, zeros behind the width. */
function drawCodes(rows: number, k: number): fc.Arbitrary<InputSpec> {
  const slots = Math.ceil(k / 4);
  const size = rows * k;
  const code = fc.integer({ min: -127, max: 127 });
  return fc.array(code, { minLength: size, maxLength: size }).map((codes) => {
    const packed = (_: unknown, slot: number) => {
      const [row, first] = [Math.floor(slot / slots), 4 * (slot % slots)];
      const bytes = [0, 1, 2, 3].map((i) => (first + i < k ? codes[row * k + first + i]! & 0xff : 0));
      return bytes.reduce((sum, byte, i) => sum | (byte << (8 * i)), 0);
    };
    return { shape: [rows, slots], data: Array.from({ length: rows * slots }, packed), dtype: "i32" };
  });
}

export const quantizedCases = {
  quantizeRows: {
    samples: fc
      .tuple(count, width)
      .chain(([n, k]) => drawFloats([n, k]))
      .map((x) => ({
        inputs: [x],
        run: (x) => {
          const { codes, scales } = quantizeRows(x!);
          return [codes, scales];
        },
      })),
    order: 0,
  },
  dequantizeRows: {
    samples: fc.tuple(count, width).chain(([n, k]) =>
      fc.tuple(drawCodes(n, k), drawFloats([n], 0.01, 0.1)).map((inputs) => ({
        inputs,
        run: (codes, scales) => dequantizeRows(codes!, scales!, k),
      })),
    ),
    order: 2,
  },
  quantizedLinear: {
    samples: fc.tuple(count, count, width, fc.boolean()).chain(([m, n, k, biased]) =>
      fc
        .tuple(drawFloats([m, k]), drawCodes(n, k), drawFloats([n], 0.001, 0.01), drawFloats([n]))
        .map(([x, codes, scales, bias]) => ({
          inputs: biased ? [x, codes, scales, bias] : [x, codes, scales],
          run: (x, codes, scales, bias) => quantizedLinear(x!, { codes: codes!, scales: scales! }, bias),
        })),
    ),
    order: 2,
  },
} satisfies Record<string, OpCase>;

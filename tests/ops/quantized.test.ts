import { expect } from "vitest";
import { abs, dequantizeRows, max, quantizedLinear, quantizeRows, sub } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { quantizedCases } from "./cases/quantized.ts";

opSuite(quantizedCases);

onEveryRuntime("quantised rows", (test) => {
  test("pack four codes to an element, the first in the lowest byte", () => {
    const { codes, scales } = quantizeRows(tensor([[127, -127, 1, 0, 64]]));
    expect([...codes.toTypedArray()]).toEqual([0x00_01_81_7f, 64]);
    expect(scales.toArray()).toEqual([1]);
  });

  test("give every element back to half a step", () => {
    const x = randomNormal([5, 37], { random: new Random(1) });
    const { codes, scales } = quantizeRows(x);
    const step = max(scales).item();
    const lost = max(abs(sub(x, dequantizeRows(codes, scales, 37)))).item();
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(0.5001 * step);
  });

  test("keep a row of zeros", () => {
    const { codes, scales } = quantizeRows(tensor([[0, 0, 0]]));
    expect(dequantizeRows(codes, scales, 3).toArray()).toEqual([[0, 0, 0]]);
  });

  test("multiply the same, row by row or unpacked", () => {
    const weight = quantizeRows(randomNormal([3, 21], { random: new Random(2) }));
    const x = randomNormal([6, 21], { random: new Random(3) });
    const together = quantizedLinear(x, weight).toArray() as number[][];
    for (const [row, wanted] of together.entries()) {
      const data = x.toTypedArray().slice(21 * row, 21 * (row + 1)) as Float32Array;
      const alone = (quantizedLinear(tensor([...data]), weight).toArray() as number[])!;
      alone.forEach((value, j) => {
        expect(value).toBeCloseTo(wanted[j]!, 4);
      });
    }
  });

  test("refuse what does not fit, by name", () => {
    const { codes, scales } = quantizeRows(tensor([[1, 2, 3, 4, 5]]));
    expect(() => dequantizeRows(codes, scales, 9)).toThrow(/dequantizeRows: wanted codes of \[n, 3\]/);
    expect(() => quantizedLinear(tensor([1, 2]), { codes, scales })).toThrow(/quantizedLinear: wanted codes/);
    expect(() => quantizedLinear(tensor([1, 2]), { codes: scales, scales })).toThrow(/codes of i32/);
    expect(() => quantizeRows(scales)).toThrow(/quantizeRows: wanted x of \[n, k\]/);
  });
});

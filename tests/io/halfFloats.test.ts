import { describe, expect, it } from "vitest";
import {
  bf16FromF32,
  copyFloats,
  f16FromF32,
  f16Value,
  f32FromBf16,
  f32FromF16,
  floatsAs,
} from "../../src/io/halfFloats.ts";

const everyHalf = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

function widened(widen: typeof f32FromF16, halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  widen(floats, halves);
  return floats;
}

/** The first place where two lists differ, NaN being like NaN; much faster than toEqual for so many. */
function difference(got: ArrayLike<number>, wanted: ArrayLike<number>): string | null {
  for (let i = 0; i < wanted.length; i++) {
    if (!Object.is(got[i], wanted[i])) return `at ${i}: wanted ${wanted[i]}, got ${got[i]}`;
  }
  return got.length === wanted.length ? null : "another length";
}

/** What the bits say, by the definition of the format. */
function meaning(bits: number, exponentBits: number, mantissaBits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** The f32 next to a positive one. */
function neighbour(value: number, step: 1 | -1): number {
  const float = Float32Array.of(value);
  const bits = new Uint32Array(float.buffer);
  bits[0] = bits[0]! + step;
  return float[0]!;
}

const formats = [
  { name: "f16", widen: f32FromF16, narrow: f16FromF32, exponentBits: 5, mantissaBits: 10 },
  { name: "bf16", widen: f32FromBf16, narrow: bf16FromF32, exponentBits: 8, mantissaBits: 7 },
] as const;

describe.each(formats)("$name", ({ widen, narrow, exponentBits, mantissaBits }) => {
  const values = widened(widen, everyHalf);
  const infinity = (2 ** exponentBits - 1) << mantissaBits;

  it("widens each of its 65,536 values exactly", () => {
    const meant = Float32Array.from(everyHalf, (bits) => meaning(bits, exponentBits, mantissaBits));
    expect(difference(values, meant)).toBeNull();
  });

  it("comes back with the same bits, a NaN quiet", () => {
    const quiet = 1 << (mantissaBits - 1);
    const expected = everyHalf.map((bits) => ((bits & 0x7fff) > infinity ? bits | quiet : bits));
    expect(difference(narrow(values), expected)).toBeNull();
  });

  it("rounds to the nearest, and what lies halfway to an even mantissa", () => {
    for (let bits = 0; bits < infinity; bits++) {
      const low = values[bits]!;
      // Beyond the largest value stands what the next one would be.
      const high = bits + 1 === infinity ? 2 * low - values[bits - 1]! : values[bits + 1]!;
      const middle = (low + high) / 2;
      if (middle === 0 || Math.fround(middle) !== middle) continue;
      const inputs = Float32Array.of(neighbour(middle, -1), middle, neighbour(middle, 1), -middle);
      const even = bits & 1 ? bits + 1 : bits;
      const wanted = [bits, even, bits + 1, even | 0x8000];
      if (narrow(inputs).join() !== wanted.join())
        expect([bits, ...narrow(inputs)]).toEqual([bits, ...wanted]);
    }
  });

  it("ends in zero and infinity", () => {
    const tiny = Float32Array.of(1e-45, -1e-45, 3.4e38, -Infinity);
    expect([...narrow(tiny)]).toEqual([0, 0x8000, infinity, infinity | 0x8000]);
  });
});

describe("f16Value", () => {
  it("is the same for one value", () => {
    expect(difference(Float32Array.from(everyHalf, f16Value), widened(f32FromF16, everyHalf))).toBeNull();
  });
});

describe("copyFloats and floatsAs", () => {
  const values = [1, -0.5, 0, 65504, Infinity];

  it.each(["f32", "f64", "f16", "bf16"] as const)("carry numbers that fit through %s", (type) => {
    const fitting = type === "bf16" ? [1, -0.5, 0, 65280, Infinity] : values;
    for (const source of [Float32Array.from(fitting), Float64Array.from(fitting)]) {
      const array = floatsAs(type, [fitting.length], source);
      expect(array).toMatchObject({ dtype: type, shape: [fitting.length] });
      for (const target of [new Float32Array(fitting.length), new Float64Array(fitting.length)]) {
        copyFloats(target, array as Parameters<typeof copyFloats>[1]);
        expect([...target]).toEqual(fitting);
      }
    }
  });
});

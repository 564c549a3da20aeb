import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InflateError, inflate } from "../../src/io/inflate.ts";

/** Bytes with repetitions near and far, as deflate likes them. */
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 300 })), {
    maxLength: 12,
  })
  .map((runs) =>
    Uint8Array.from(
      runs.flatMap(([bytes, times]) =>
        Array(times)
          .fill([...bytes])
          .flat(),
      ),
    ),
  );

const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
});

describe("inflate", () => {
  it("gives back what zlib deflated, in every way that it can", () => {
    fc.assert(
      fc.property(compressible, settings, (bytes, options) => {
        const packed = deflateRawSync(bytes, options);
        const output = new Uint8Array(bytes.length);
        expect(inflate(packed, output)).toEqual({ written: bytes.length, read: packed.length });
        expect(Buffer.compare(output, bytes)).toBe(0);
      }),
    );
  });

  it("reads codes of 15 bits", () => {
    // Frequencies like Fibonacci numbers make the longest codes.
    let [before, now] = [1, 1];
    const bytes: number[] = [];
    for (let symbol = 0; symbol < 18; symbol++) {
      for (let i = 0; i < now; i++) bytes.push(symbol);
      [before, now] = [now, before + now];
    }
    const packed = deflateRawSync(Uint8Array.from(bytes), { strategy: constants.Z_HUFFMAN_ONLY });
    const output = new Uint8Array(bytes.length);
    inflate(packed, output);
    expect(Buffer.compare(output, Uint8Array.from(bytes))).toBe(0);
  });

  it("stops where part of it is enough, and says how much a longer room got", () => {
    const packed = deflateRawSync(new Uint8Array(1000).fill(7));
    expect(inflate(packed, new Uint8Array(10), { partly: true }).written).toBe(10);
    expect(inflate(packed, new Uint8Array(2000)).written).toBe(1000);
  });

  it.each<[string, readonly number[], string]>([
    ["nothing", [], "end too early"],
    ["a stored block that is cut", [1, 2, 0, 0xfd, 0xff, 9], "end too early"],
    ["a stored block whose lengths differ", [1, 2, 0, 0xfd, 0xfe, 9, 9], "not written twice"],
    ["a fourth kind of block", [7], "of a kind that there is not"],
    ["a copy from before the start", [3, 2], "from before the start"],
    ["a length code of 286", [0x1b, 0x03], "a length that there is not"],
    [
      "too many codes of a length",
      [0x05, 0xe0, 0x93, 0x24, 0x49, 0x92, 0x24, 0x49, 0x92, 0],
      "more codes of a length",
    ],
  ])("refuses %s", (_, bytes, message) => {
    const read = () => inflate(Uint8Array.from(bytes), new Uint8Array(100));
    expect(read).toThrow(InflateError);
    expect(read).toThrow(message);
  });

  it("refuses more than was announced", () => {
    const packed = deflateRawSync(new Uint8Array(1001));
    expect(() => inflate(packed, new Uint8Array(1000))).toThrow("more than the 1000 bytes");
  });
});

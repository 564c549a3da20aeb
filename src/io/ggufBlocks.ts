/**
 * Quantised weights as GGML stores them: blocks of neighbouring elements along the last axis that share a
 * scale (https://github.com/ggml-org/ggml, src/ggml-quants.c). Bytes of a block, in order:
 *
 *   q8_0    32 elements    34 B   f16 d | 32 i8 q                        d·q
 *   q4_0    32 elements    18 B   f16 d | 16 bytes of two q              d·(q - 8)
 *   q4_K   256 elements   144 B   f16 d, f16 m | 12 B: eight pairs of 6-bit (scale, least) | 128 B of two q
 *                                                                        d·scale·q - m·least
 *   q6_K   256 elements   210 B   128 B: lower 4 bits | 64 B: upper 2 bits | 16 i8 scales | f16 d
 *                                                                        d·scale·(q - 32)
 *
 * A file in q4_K has some tensors in q6_K, so both are read. Products are rounded to f32 one by one, as
 * GGML's own code in C does, so the values are the same bits.
 */
import { f16Value } from "./halfFloats.ts";

export type BlockType = "q8_0" | "q4_0" | "q4_K" | "q6_K";

export interface BlockFormat {
  /** Elements of a block. */
  readonly elements: number;
  readonly bytes: number;
  /** Writes a block's elements to `floats` from `at` on; the block's bytes begin at `byte`. */
  unpack(floats: Float32Array, at: number, bytes: Uint8Array, byte: number): void;
}

const { fround } = Math;

export const blockFormats = {
  q8_0: { elements: 32, bytes: 34, unpack: unpackQ8_0 },
  q4_0: { elements: 32, bytes: 18, unpack: unpackQ4_0 },
  q4_K: { elements: 256, bytes: 144, unpack: unpackQ4K },
  q6_K: { elements: 256, bytes: 210, unpack: unpackQ6K },
} as const satisfies Record<BlockType, BlockFormat>;

/** All elements of whole blocks. */
export function unpackBlocks(type: BlockType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const format: BlockFormat = blockFormats[type];
  const blocks = bytes.length / format.bytes;
  const floats = new Float32Array(blocks * format.elements);
  for (let block = 0; block < blocks; block++) {
    format.unpack(floats, block * format.elements, bytes, block * format.bytes);
  }
  return floats;
}

const halfAt = (bytes: Uint8Array, at: number) => f16Value(bytes[at]! | (bytes[at + 1]! << 8));

const signed = (byte: number) => (byte << 24) >> 24;

function unpackQ8_0(floats: Float32Array, at: number, bytes: Uint8Array, byte: number): void {
  const scale = halfAt(bytes, byte);
  for (let i = 0; i < 32; i++) floats[at + i] = scale * signed(bytes[byte + 2 + i]!);
}

function unpackQ4_0(floats: Float32Array, at: number, bytes: Uint8Array, byte: number): void {
  const scale = halfAt(bytes, byte);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[byte + 2 + i]!;
    floats[at + i] = scale * ((pair & 15) - 8);
    floats[at + 16 + i] = scale * ((pair >> 4) - 8);
  }
}

/**
 * Eight groups of 32. Of their 6-bit scales and minima the first four pairs lie whole in bytes 0 … 7; of the
 * last four the lower bits share bytes 8 … 11, and the upper two bits are left over at the top of the others.
 */
function unpackQ4K(floats: Float32Array, at: number, bytes: Uint8Array, byte: number): void {
  const scale = halfAt(bytes, byte);
  const least = halfAt(bytes, byte + 2);
  const packed = byte + 4;
  for (let group = 0; group < 8; group++) {
    const low = bytes[packed + group]!;
    const high = bytes[packed + group + 4]!;
    const [s, m] =
      group < 4
        ? [low & 63, high & 63]
        : [(high & 15) | ((bytes[packed + group - 4]! >> 6) << 4), (high >> 4) | ((low >> 6) << 4)];
    const groupScale = fround(scale * s);
    const groupLeast = fround(least * m);
    const quants = byte + 16 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++) {
      const q = (bytes[quants + i]! >> shift) & 15;
      floats[at + group * 32 + i] = fround(groupScale * q) - groupLeast;
    }
  }
}

/** Two halves of 128 elements, each of four rows of 32: a row takes a nibble of one byte and two bits of another. */
function unpackQ6K(floats: Float32Array, at: number, bytes: Uint8Array, byte: number): void {
  const scale = halfAt(bytes, byte + 208);
  for (let half = 0; half < 2; half++) {
    for (let row = 0; row < 4; row++) {
      const lower = byte + half * 64 + (row & 1) * 32;
      const upper = byte + 128 + half * 32;
      for (let i = 0; i < 32; i++) {
        const nibble = (bytes[lower + i]! >> ((row >> 1) * 4)) & 15;
        const q = (nibble | (((bytes[upper + i]! >> (row * 2)) & 3) << 4)) - 32;
        const groupScale = fround(scale * signed(bytes[byte + 192 + half * 8 + row * 2 + (i >> 4)]!));
        floats[at + half * 128 + row * 32 + i] = groupScale * q;
      }
    }
  }
}

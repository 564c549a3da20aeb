import { FormatError } from "../errors.ts";

/**
 * The text of a file's bytes. A byte order mark at the start is dropped; anything that is not UTF-8 is a
 * FormatError with the offset of the sequence that breaks the rules, counted from the start of the file.
 */
export function decodeUtf8(bytes: Uint8Array, file = "text"): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const offset = firstInvalidByte(bytes);
    // Valid, but longer than the engine's longest string.
    if (offset === bytes.length) throw error;
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const hint = utf16 ? "; it looks like UTF-16, convert it first" : "";
    throw new FormatError(file, `byte ${offset}`, `not valid UTF-8${hint}`);
  }
}

/** Three times the largest tokenizer in use; reading takes up to ten times as much memory. */
const LARGEST_FILE = 100 * 2 ** 20;

/** The text of a tokenizer's file. @throws FormatError also for one that is too large to be one */
export function decodeTokenizerFile(bytes: Uint8Array, file: string): string {
  if (bytes.length <= LARGEST_FILE) return decodeUtf8(bytes, file);
  throw new FormatError(file, "size", `at most ${LARGEST_FILE} bytes, not ${bytes.length}`);
}

/** Where the first ill-formed sequence starts, a cut one at the end included; the length where all is well. */
function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/**
 * Bytes of the well-formed sequence at `at`, or 0 where there is none. The Unicode Standard, table 3-7: the
 * second byte's range is what keeps out overlong forms (after E0, F0), surrogates (after ED) and all past
 * U+10FFFF (F4).
 *
 *   00..7F
 *   C2..DF  80..BF
 *   E0..EF  80..BF, but E0 A0..BF and ED 80..9F   80..BF
 *   F0..F4  80..BF, but F0 90..BF and F4 80..8F   80..BF  80..BF
 */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  // Past the end stands undefined, and every comparison with it is false.
  const second = bytes[at + 1]!;
  if (!(second >= low && second <= high)) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 2; i < length; i++) {
    const next = bytes[at + i]!;
    if (!(next >= 0x80 && next <= 0xbf)) return 0;
  }
  return length;
}

/**
 * How GPT-2 writes tokens in its files: one printable character for each byte, so that a token that is half
 * a character or a line break can stand in JSON. The printable bytes of Latin-1 stand for themselves, the
 * others, in order, for U+0100 and on: " the" is written "Ġthe". Radford et al. 2019, section 2.2, and the
 * program published with it.
 *
 *   byte   00 … 20   21 … 7E   7F … A0   A1 … AC   AD    AE … FF
 *   char   Ā  … Ġ    !  … ~    ġ  … ł    ¡  … ¬    Ń     ®  … ÿ
 */

const isPrintable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** Code unit by byte. */
const unitOfByte: Uint16Array = /* @__PURE__ */ (() => {
  let next = 0x100;
  return Uint16Array.from({ length: 256 }, (_, byte) => (isPrintable(byte) ? byte : next++));
})();

/** Byte by code unit; -1 where the alphabet has no such character. */
const byteOfUnit: Int16Array = /* @__PURE__ */ (() => {
  const table = new Int16Array(0x144).fill(-1);
  for (const [byte, unit] of unitOfByte.entries()) table[unit] = byte;
  return table;
})();

/** The 256 characters by rising code point: ids 0 to 255 of GPT-2 and of what `train` makes. */
export const byteAlphabet: readonly string[] = /* @__PURE__ */ Array.from(
  /* @__PURE__ */ Uint16Array.from(unitOfByte).sort(),
  (unit) => String.fromCharCode(unit),
);

/** A token of these bytes as files write it. */
export function writeBytes(bytes: Uint8Array): string {
  let token = "";
  for (const byte of bytes) token += String.fromCharCode(unitOfByte[byte]!);
  return token;
}

/** The bytes of a token as files write it; null where a character is not of the alphabet. */
export function readBytes(token: string): Uint8Array | null {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfUnit[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return null;
    bytes[i] = byte;
  }
  return bytes;
}

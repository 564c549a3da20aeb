/**
 * Reads what .config/pack.js wrote: the compiled kernels in the manner of LZMA (Pavlov, LZMA specification), simplified. A stream of
 * operations, each bit of which is coded by how likely it is in its context (Martin 1979, range encoding):
 *
 *   0  literal         the byte, highest bit first; contexts by the three highest bits of the byte before. After a copy the byte that
 *                      would have come next is the likely one, and as long as the bits agree with it they have contexts of their own
 *   1 0  length distance     copy ≥ 2 bytes from a new distance
 *   1 1 0|1  length          copy ≥ 1 byte from the last distance, or the one before
 *
 * A number n ≥ 0 is the count of binary digits of n + 1 behind the first, then those digits, of which the first three have contexts.
 */
const EVEN = 0;
/** Three bits that say which operation comes, by which of the last four were copies. */
const COPY = 1;
const AGAIN = COPY + 16;
const BEFORE = AGAIN + 16;
const EXPECTED = BEFORE + 16;
const LITERAL = EXPECTED + 2 * 256;
/** Contexts of one kind of number. */
const NUMBER = 32 + 32 * 8;
const LENGTH = LITERAL + 8 * 256;
const DISTANCE = LENGTH + 2 * NUMBER;
const CONTEXTS = DISTANCE + 4 * NUMBER;

/** The first `size` bytes of what was packed. */
export function unpack(text: string, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const read = bitReader(text);
  let history = 0;
  let last = 1;
  let before = 1;
  for (let at = 0; at < size; ) {
    const copies = read(COPY + history);
    if (copies) {
      const again = read(AGAIN + history);
      if (again && read(BEFORE + history)) [last, before] = [before, last];
      const length = readNumber(LENGTH + again * NUMBER, read) + 2 - again;
      if (!again) [last, before] = [readNumber(DISTANCE + Math.min(length - 2, 3) * NUMBER, read) + 1, last];
      for (const end = Math.min(at + length, size); at < end; at++) bytes[at] = bytes[at - last]!;
    } else {
      const contexts = LITERAL + ((bytes[at - 1] ?? 0) >> 5) * 256;
      bytes[at] = readLiteral(contexts, history % 2 === 1 ? bytes[at - last]! : -1, read);
      at++;
    }
    history = (history * 2 + copies) % 16;
  }
  return bytes;
}

type ReadBit = (context: number) => number;

function readLiteral(contexts: number, expectedByte: number, read: ReadBit): number {
  let expected = expectedByte;
  let node = 1;
  for (let shift = 7; shift >= 0; shift--) {
    const guess = (expected >> shift) & 1;
    const bit = read(expected < 0 ? contexts + node : EXPECTED + guess * 256 + node);
    if (bit !== guess) expected = -1;
    node = node * 2 + bit;
  }
  return node - 256;
}

function readNumber(contexts: number, read: ReadBit): number {
  let node = 1;
  while (node < 32) node = node * 2 + read(contexts + node);
  const digits = node - 32;
  let value = 1;
  for (let i = 0; i < digits; i++) {
    value = value * 2 + read(value < 8 ? contexts + 32 + digits * 8 + value : EVEN);
  }
  return value - 1;
}

/** A chance is a whole number of 2^-16, and moves towards each bit seen by 1/1.5 of the way, 1/2.5, … 1/20.5. */
const SLOWEST = 19;
const paces = Int32Array.from({ length: SLOWEST + 1 }, (_, count) => 2 ** 14 / (count + 1.5));

/** Bits by their contexts; only small integers, which engines are quick with before they have compiled this. */
function bitReader(text: string): ReadBit {
  const bytes = atob(text);
  const chances = new Int32Array(CONTEXTS).fill(2 ** 15);
  const seen = new Uint8Array(CONTEXTS);
  let next = 0;
  let range = 1;
  let value = 0;
  return (context) => {
    for (; range < 2 ** 22; range <<= 8) value = (value << 8) | bytes.charCodeAt(next++);
    const chance = chances[context]!;
    const part = (range >> 12) * (chance >> 4);
    const bit = value < part ? 1 : 0;
    if (bit) range = part;
    else {
      value -= part;
      range -= part;
    }
    if (context === EVEN) return bit;
    const count = seen[context]!;
    // Between 2^-11 and 1 - 2^-11.
    chances[context] = chance + ((((bit ? 65504 : 32) - chance) * paces[count]!) >> 14);
    if (count < SLOWEST) seen[context] = count + 1;
    return bit;
  };
}

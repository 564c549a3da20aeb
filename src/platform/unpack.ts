/**
 * Reads what .config/pack.js wrote: the compiled kernels in the manner of LZMA (Pavlov, LZMA specification), simplified. A stream of
 * operations, each bit of which is coded by how likely it is in its context (Martin 1979, range encoding):
 *
 *   0  literal               the byte, highest bit first; contexts by the three highest bits of the two bytes before. After a copy the
 *                            byte that would have come next is the likely one, and while the bits agree with it they have others
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
const LENGTH = LITERAL + 64 * 256;
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
      const [near = 0, far = 0] = [bytes[at - 1], bytes[at - 2]];
      const contexts = LITERAL + ((near >> 5) * 8 + (far >> 5)) * 256;
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

/**
 * The chance of a one is the mean of two, whole numbers of 2^-16. Both move towards each bit seen by 1/1.5 of the way, then by 1/2.5 and so
 * on: one until it goes by 1/6.5, quick to follow, the other by 1/60.5, quick to forget an accident.
 */
const QUICKEST = 5;
const SLOWEST = 59;

/** Bits by their contexts; only small integers, which engines are fast with before they have compiled this. */
function bitReader(text: string): ReadBit {
  const bytes = atob(text);
  const paces = Int32Array.from({ length: SLOWEST + 1 }, (_, count) => 2 ** 14 / (count + 1.5));
  const quick = new Int32Array(CONTEXTS).fill(2 ** 15);
  const slow = new Int32Array(CONTEXTS).fill(2 ** 15);
  const seen = new Uint8Array(CONTEXTS);
  let next = 0;
  let range = 1;
  let value = 0;
  return (context) => {
    for (; range < 2 ** 22; range <<= 8) value = (value << 8) | bytes.charCodeAt(next++);
    const [q, s] = [quick[context]!, slow[context]!];
    const part = (range >> 12) * ((q + s) >> 5);
    const bit = value < part ? 1 : 0;
    if (bit) range = part;
    else {
      value -= part;
      range -= part;
    }
    if (context === EVEN) return bit;
    const count = seen[context]!;
    // Between 2^-11 and 1 - 2^-11.
    const goal = bit ? 65504 : 32;
    quick[context] = q + (((goal - q) * paces[Math.min(count, QUICKEST)]!) >> 14);
    slow[context] = s + (((goal - s) * paces[count]!) >> 14);
    if (count < SLOWEST) seen[context] = count + 1;
    return bit;
  };
}

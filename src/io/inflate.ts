/**
 * Deflate, backwards (RFC 1951). The engines' own DecompressionStream is not used: Node 20 before 20.12 and
 * older Buns do not know "deflate-raw", and it gives as many bytes as a hostile file likes. Here the caller
 * brings the room, and nothing is written past it.
 *
 * A stream is read bit by bit from the low end of each byte. A block is stored as it is, or its symbols are
 * Huffman codes, fixed or described in front of the block: a byte, the end, or a length and a distance to copy
 * from what was written before.
 */

/** What is wrong with a stream, and where: the caller knows the file. */
export class InflateError extends Error {
  override readonly name = "InflateError";
  /** Bytes of the stream that had been read. */
  readonly at: number;
  constructor(rule: string, at: number) {
    super(rule);
    this.at = at;
  }
}

/** A code has 15 bits at most. */
const MAX_BITS = 15;
const END_OF_BLOCK = 256;

/** Lengths from symbol 257 on, and distances: the least, and how many further bits add to it (section 3.2.5). */
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const distanceBits = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];

/** In which order a block gives the lengths of the codes in which it gives the lengths of its codes. */
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Codes up to this length are looked up at once. */
const QUICK_BITS = 11;

/** A canonical Huffman code. */
interface Huffman {
  /** How many codes there are of each length. */
  readonly counts: Uint16Array;
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array;
  /** For the next 11 bits of the stream: 16 times the symbol, plus the length of its code; 0 where that is longer. */
  readonly quick: Uint16Array;
}

/**
 * Fills `output` from a deflate stream, or as much of it as the stream has; says how many bytes that are and
 * how many of the stream it took. A stream with more to give than fits is an error, unless `partly`.
 */
export function inflate(
  input: Uint8Array,
  output: Uint8Array,
  { partly = false } = {},
): { readonly written: number; readonly read: number } {
  const stream = new Inflater(input, output, partly);
  let last = false;
  while (!last && !stream.full) {
    last = stream.bits(1) === 1;
    stream.block(stream.bits(2));
  }
  return { written: stream.written, read: stream.read };
}

class Inflater {
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  readonly #partly: boolean;
  #at = 0;
  /** Bits that were taken from the input and not used yet, the next one lowest. */
  #hold = 0;
  #held = 0;
  written = 0;
  /** Whether it stops because the room is full and part of the stream is all that is wanted. */
  full = false;

  constructor(input: Uint8Array, output: Uint8Array, partly: boolean) {
    this.#input = input;
    this.#output = output;
    this.#partly = partly;
  }

  get read(): number {
    return this.#at - (this.#held >> 3);
  }

  /** The next `count` bits, 16 at most, as a number. */
  bits(count: number): number {
    if (this.#held < count) this.#refill();
    if (this.#held < count) this.#fail("the compressed data end too early");
    const value = this.#hold & ((1 << count) - 1);
    this.#hold >>>= count;
    this.#held -= count;
    return value;
  }

  /** Holds 23 bits or more, or all that are left; 30 at most, which engines keep as a small integer. */
  #refill(): void {
    while (this.#held <= 22 && this.#at < this.#input.length) {
      this.#hold |= this.#input[this.#at++]! << this.#held;
      this.#held += 8;
    }
  }

  block(kind: number): void {
    if (kind === 0) this.#stored();
    else if (kind === 1) this.#compressed(fixedLengths, fixedDistances);
    else if (kind === 2) this.#compressed(...this.#describedCodes());
    else this.#fail("a block of a kind that there is not");
  }

  #stored(): void {
    this.bits(this.#held & 7);
    const length = this.bits(16);
    if (this.bits(16) !== (~length & 0xffff)) this.#fail("a stored block whose length is not written twice");
    for (let i = 0; i < length && !this.full; i++) this.#write(this.bits(8));
  }

  #compressed(lengths: Huffman, distances: Huffman): void {
    while (!this.full) {
      const symbol = this.#symbol(lengths);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) this.#write(symbol);
      else this.#copy(symbol - END_OF_BLOCK - 1, distances);
    }
  }

  #copy(lengthCode: number, distances: Huffman): void {
    if (lengthCode >= lengthBase.length) this.#fail("a length that there is not");
    const length = lengthBase[lengthCode]! + this.bits(lengthBits[lengthCode]!);
    const code = this.#symbol(distances);
    if (code >= distanceBase.length) this.#fail("a distance that there is not");
    const distance = distanceBase[code]! + this.bits(distanceBits[code]!);
    if (distance > this.written) this.#fail("a copy from before the start");
    const output = this.#output;
    const end = this.written + this.#room(length);
    // Byte by byte: a copy may reach into what it writes.
    for (let to = this.written; to < end; to++) output[to] = output[to - distance]!;
    this.written = end;
  }

  #write(byte: number): void {
    if (this.#room(1) === 1) this.#output[this.written++] = byte;
  }

  /** How many of `count` bytes may be written. Where part of the stream is wanted, no room is its end. */
  #room(count: number): number {
    const room = this.#output.length - this.written;
    if (count > room && !this.#partly)
      this.#fail(`more than the ${this.#output.length} bytes that were announced`);
    this.full = this.#partly && count >= room;
    return Math.min(count, room);
  }

  #symbol(huffman: Huffman): number {
    if (this.#held < MAX_BITS) this.#refill();
    const quick = huffman.quick[this.#hold & ((1 << QUICK_BITS) - 1)]!;
    if (quick === 0 || (quick & 15) > this.#held) return this.#longSymbol(huffman);
    this.#hold >>>= quick & 15;
    this.#held -= quick & 15;
    return quick >> 4;
  }

  /** Codes of rising length are compared with the first code of each length (section 3.2.2), bit by bit. */
  #longSymbol({ counts, symbols }: Huffman): number {
    let code = 0;
    let first = 0;
    let before = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.bits(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[before + code - first]!;
      before += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return this.#fail("a code that there is not");
  }

  #describedCodes(): [Huffman, Huffman] {
    const lengthCount = this.bits(5) + 257;
    const distanceCount = this.bits(5) + 1;
    const codeLengths = new Uint8Array(codeLengthOrder.length);
    const given = this.bits(4) + 4;
    for (let i = 0; i < given; i++) codeLengths[codeLengthOrder[i]!] = this.bits(3);
    const code = this.#huffman(codeLengths);
    const lengths = new Uint8Array(lengthCount + distanceCount);
    for (let at = 0; at < lengths.length; ) {
      const symbol = this.#symbol(code);
      if (symbol < 16) lengths[at++] = symbol;
      else {
        if (symbol === 16 && at === 0) this.#fail("a repetition of nothing");
        const value = symbol === 16 ? lengths[at - 1]! : 0;
        const times = symbol === 18 ? 11 + this.bits(7) : 3 + this.bits(symbol === 16 ? 2 : 3);
        if (at + times > lengths.length) this.#fail("more code lengths than there are codes");
        lengths.fill(value, at, at + times);
        at += times;
      }
    }
    return [this.#huffman(lengths.subarray(0, lengthCount)), this.#huffman(lengths.subarray(lengthCount))];
  }

  #huffman(lengths: Uint8Array): Huffman {
    const code = huffman(lengths);
    let left = 1;
    for (let length = 1; length <= MAX_BITS; length++) {
      left = 2 * left - code.counts[length]!;
      if (left < 0) this.#fail("more codes of a length than there can be");
    }
    return code;
  }

  #fail(rule: string): never {
    throw new InflateError(rule, this.#at);
  }
}

/** The code in which symbol i has lengths[i] bits, or none where that is 0. */
function huffman(lengths: ArrayLike<number>): Huffman {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (let i = 0; i < lengths.length; i++) if (lengths[i]! > 0) counts[lengths[i]!]!++;
  const places = new Uint16Array(MAX_BITS + 2);
  const codes = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) {
    places[length + 1] = places[length]! + counts[length]!;
    codes[length + 1] = (codes[length]! + counts[length]!) << 1;
  }
  const symbols = new Uint16Array(lengths.length);
  const quick = new Uint16Array(1 << QUICK_BITS);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    symbols[places[length]!++] = symbol;
    const code = codes[length]!++;
    if (length > QUICK_BITS) continue;
    // The stream has a code's first bit first, that is lowest; the bits behind it can be any.
    for (let i = reversed(code, length); i < quick.length; i += 1 << length)
      quick[i] = (symbol << 4) | length;
  }
  return { counts, symbols, quick };
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}

const fixedLengths = /* @__PURE__ */ huffman(
  /* @__PURE__ */ Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const fixedDistances = /* @__PURE__ */ huffman(/* @__PURE__ */ new Array<number>(30).fill(5));

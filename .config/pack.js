/**
 * Packs the compiled kernels as text for a bundle: a fifth smaller than gzip makes them, so that the text, as six random bits a character,
 * stays what it is under any compression of the bundle. src/platform/unpack.ts reads it, and draws the format.
 */
const EVEN = 0;
const COPY = 1;
const AGAIN = COPY + 16;
const BEFORE = AGAIN + 16;
const EXPECTED = BEFORE + 16;
const LITERAL = EXPECTED + 2 * 256;
const NUMBER = 32 + 32 * 8;
const LENGTH = LITERAL + 64 * 256;
const DISTANCE = LENGTH + 2 * NUMBER;
const CONTEXTS = DISTANCE + 4 * NUMBER;

const QUICKEST = 5;
const SLOWEST = 59;
const paces = Int32Array.from({ length: SLOWEST + 1 }, (_, count) => 2 ** 14 / (count + 1.5));

/** Rounds of choosing operations by what their bits cost in the round before. */
const ROUNDS = 6;
/** Earlier places that are looked at for each byte. */
const TRIES = 200;
/** A copy of more bytes is two. */
const LONGEST = 256;
/** From this length on a copy is not tried shorter. */
const LONG = 64;

/** The bytes as base64 text. */
export function pack(bytes) {
  const matches = matchesOf(bytes);
  let costs = (context, bit) => (context >= LENGTH || bit === 0 ? 0.9 : 1.1);
  let best = null;
  for (let round = 0; round < ROUNDS; round++) {
    const operations = cheapest(bytes, matches, costs);
    const writer = bitWriter();
    const counted = counter();
    const sink = {
      bit(context, bit) {
        writer.write(context, bit);
        counted.count(context, bit);
      },
      number: (contexts, number) => writeNumber(sink, contexts, number),
    };
    writeAll(sink, bytes, operations);
    const packed = writer.finish();
    if (best === null || packed.length < best.length) best = packed;
    costs = counted.costs();
  }
  return Buffer.from(best).toString("base64");
}

/** For each place, the nearest earlier places from which 2 bytes, 3 bytes, … can be copied. */
function matchesOf(bytes) {
  const latest = new Map();
  const earlier = new Int32Array(bytes.length);
  return Array.from(bytes, (byte, at) => {
    const found = [];
    const pair = byte * 256 + bytes[at + 1];
    let length = 1;
    let from = latest.get(pair) ?? -1;
    earlier[at] = from;
    latest.set(pair, at);
    for (let tries = 0; from >= 0 && tries < TRIES; tries++, from = earlier[from]) {
      const common = commonLength(bytes, from, at);
      if (common > length) {
        length = common;
        found.push({ distance: at - from, length });
      }
    }
    return found;
  });
}

function commonLength(bytes, from, at) {
  const most = Math.min(LONGEST, bytes.length - at);
  let length = 0;
  while (length < most && bytes[from + length] === bytes[at + length]) length++;
  return length;
}

/** The operations that take the fewest bits by `costs`: the cheapest way to each place, from place to place. */
function cheapest(bytes, matches, costs) {
  const ways = Array.from({ length: bytes.length + 1 }, () => ({ bits: Number.POSITIVE_INFINITY }));
  ways[0] = { bits: 0, state: START };
  const sum = summing(costs);
  for (let at = 0; at < bytes.length; at++) {
    const { state, bits } = ways[at];
    const reach = (operation) => {
      sum.bits = bits;
      writeOperation(sum, bytes, at, operation, state);
      const next = ways[at + operation.length];
      if (sum.bits >= next.bits) return;
      next.bits = sum.bits;
      next.operation = operation;
      next.state = stateAfter(state, operation);
    };
    reach({ length: 1, distance: 0 });
    for (const distance of new Set([state.last, state.before])) {
      const most = distance > at ? 0 : commonLength(bytes, at - distance, at);
      for (let length = most; length > 0; length = Math.min(length - 1, LONG)) reach({ length, distance });
    }
    let shorter = 1;
    for (const { distance, length: most } of matches[at]) {
      const isNew = distance !== state.last && distance !== state.before;
      for (let length = most; isNew && length > shorter; length = Math.min(length - 1, LONG)) {
        reach({ length, distance });
      }
      shorter = most;
    }
  }
  const operations = [];
  for (let at = bytes.length; at > 0; at -= operations.at(-1).length) operations.push(ways[at].operation);
  return operations.reverse();
}

/** A sink that adds up what the bits cost. It remembers numbers, which are asked for again and again. */
function summing(costs) {
  const known = new Map();
  const sum = {
    bits: 0,
    bit(context, bit) {
      sum.bits += costs(context, bit);
    },
    number(contexts, number) {
      const key = number * CONTEXTS + contexts;
      let cost = known.get(key);
      if (cost === undefined) {
        const before = sum.bits;
        sum.bits = 0;
        writeNumber(sum, contexts, number);
        cost = sum.bits;
        known.set(key, cost);
        sum.bits = before;
      }
      sum.bits += cost;
    },
  };
  return sum;
}

const START = { history: 0, last: 1, before: 1 };

const stateAfter = ({ history, last, before }, { distance }) =>
  distance === 0
    ? { history: (history * 2) % 16, last, before }
    : { history: (history * 2 + 1) % 16, last: distance, before: distance === last ? before : last };

function writeAll(sink, bytes, operations) {
  let state = START;
  let at = 0;
  for (const operation of operations) {
    writeOperation(sink, bytes, at, operation, state);
    state = stateAfter(state, operation);
    at += operation.length;
  }
}

/** One literal (distance 0) or one copy, as the reader reads it. */
function writeOperation(sink, bytes, at, { length, distance }, { history, last, before }) {
  sink.bit(COPY + history, distance > 0 ? 1 : 0);
  if (distance === 0) {
    writeLiteral(sink, bytes, at, history % 2 === 1 ? bytes[at - last] : -1);
    return;
  }
  const again = distance === last || distance === before ? 1 : 0;
  sink.bit(AGAIN + history, again);
  if (again) sink.bit(BEFORE + history, distance === last ? 0 : 1);
  sink.number(LENGTH + again * NUMBER, length - 2 + again);
  if (!again) sink.number(DISTANCE + Math.min(length - 2, 3) * NUMBER, distance - 1);
}

function writeLiteral(sink, bytes, at, expectedByte) {
  const [near = 0, far = 0] = [bytes[at - 1], bytes[at - 2]];
  const contexts = LITERAL + ((near >> 5) * 8 + (far >> 5)) * 256;
  let expected = expectedByte;
  for (let shift = 7, node = 1; shift >= 0; shift--) {
    const bit = (bytes[at] >> shift) & 1;
    const guess = (expected >> shift) & 1;
    sink.bit(expected < 0 ? contexts + node : EXPECTED + guess * 256 + node, bit);
    if (bit !== guess) expected = -1;
    node = node * 2 + bit;
  }
}

function writeNumber(sink, contexts, number) {
  const digits = 31 - Math.clz32(number + 1);
  for (let shift = 4, node = 1; shift >= 0; shift--) {
    const bit = (digits >> shift) & 1;
    sink.bit(contexts + node, bit);
    node = node * 2 + bit;
  }
  for (let shift = digits - 1, value = 1; shift >= 0; shift--) {
    const bit = ((number + 1) >> shift) & 1;
    sink.bit(value < 8 ? contexts + 32 + digits * 8 + value : EVEN, bit);
    value = value * 2 + bit;
  }
}

/** Bits that a bit costs, from how often it was written in its context. */
function counter() {
  const counts = new Float64Array(2 * CONTEXTS).fill(0.4);
  return {
    count: (context, bit) => {
      counts[2 * context + bit]++;
    },
    costs() {
      counts.fill(1, 2 * EVEN, 2 * EVEN + 2);
      const bits = counts.map((count, i) => Math.log2((count + counts[i ^ 1]) / count));
      return (context, bit) => bits[2 * context + bit];
    },
  };
}

/** The reader's counterpart: it narrows [low, low + range) to the bit's part, and writes the bytes that both ends agree on. */
function bitWriter() {
  const quick = new Int32Array(CONTEXTS).fill(2 ** 15);
  const slow = new Int32Array(CONTEXTS).fill(2 ** 15);
  const seen = new Uint8Array(CONTEXTS);
  const bytes = [];
  let low = 0;
  let range = 2 ** 24;
  const shift = () => {
    if (low >= 2 ** 32) {
      low -= 2 ** 32;
      let last = bytes.length - 1;
      for (; bytes[last] === 255; last--) bytes[last] = 0;
      bytes[last]++;
    }
    bytes.push(Math.floor(low / 2 ** 24));
    low = (low % 2 ** 24) * 256;
  };
  return {
    write(context, bit) {
      const [q, s] = [quick[context], slow[context]];
      const part = (range >> 12) * ((q + s) >> 5);
      if (!bit) low += part;
      range = bit ? part : range - part;
      for (; range < 2 ** 22; range <<= 8) shift();
      if (context === EVEN) return;
      const count = seen[context];
      const goal = bit ? 65504 : 32;
      quick[context] = q + (((goal - q) * paces[Math.min(count, QUICKEST)]) >> 14);
      slow[context] = s + (((goal - s) * paces[count]) >> 14);
      if (count < SLOWEST) seen[context] = count + 1;
    },
    finish() {
      for (let i = 0; i < 4; i++) shift();
      while (bytes.at(-1) === 0) bytes.pop();
      // The first byte is 0: the reader begins with 24 bits.
      return bytes.slice(1);
    },
  };
}

import { ArgumentError } from "./errors.ts";

/** What it takes to make a `Random` again, as JSON can hold it. */
export interface RandomState {
  readonly key0: number;
  readonly key1: number;
}

/**
 * The last counter word of a block says what it is for: 0 are the draws (as in the random kernels), the
 * others keys of forks and integers. So no two uses ever share a block.
 */
const PURPOSE = { draw: 0, seed: 1, forkByNumber: 2, forkByName: 3, integer: 4 } as const;

/**
 * An immutable random key. Nothing advances it: `uniform(3)` is always the same number, and independent
 * streams come from `fork`.
 *
 *   const random = new Random(1337);
 *   randomNormal([4, 4], { random: random.fork("weight") });
 */
export class Random {
  /** The two halves of the key, as signed 32-bit integers. */
  readonly key0: number;
  readonly key1: number;

  /** `seed`: any safe integer. Neighbouring seeds give unrelated keys. */
  constructor(seed: number | RandomState) {
    const { key0, key1 } = typeof seed === "number" ? keyOf(0, 0, safe("Random", seed), PURPOSE.seed) : seed;
    if (!Number.isInteger(key0) || !Number.isInteger(key1)) {
      throw new ArgumentError("Random", "a seed or a state with integers key0 and key1", seed);
    }
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
  }

  static fromState(state: RandomState): Random {
    return new Random(state);
  }

  state(): RandomState {
    return { key0: this.key0, key1: this.key1 };
  }

  /** Another key, a function of this one and a name (any string) or a number (any safe integer). */
  fork(nameOrNumber: string | number): Random {
    if (typeof nameOrNumber === "number") {
      return new Random(keyOf(this.key0, this.key1, safe("fork", nameOrNumber), PURPOSE.forkByNumber));
    }
    const length = nameOrNumber.length;
    let key = keyOf(this.key0, this.key1, length, PURPOSE.forkByName);
    for (let i = 0; i < length; i++)
      key = keyOf(key.key0, key.key1, nameOrNumber.charCodeAt(i), PURPOSE.forkByName);
    return new Random(key);
  }

  /**
   * Uniform in [0, 1), a multiple of 2⁻²⁴: element `index` of what the kernel randomUniform(0, 1) draws
   * with this key.
   */
  uniform(index: number): number {
    const block = this.block(Math.floor(index / 4), PURPOSE.draw);
    return (block[index % 4]! >>> 8) / 0x1000000;
  }

  /**
   * Uniform integer in [low, high), from 53 bits: a value's probability is off by less than 2⁻⁵³, so for
   * ranges below a million relatively by less than 2⁻³³. Draws of their own, independent of `uniform`.
   */
  integer(index: number, low: number, high: number): number {
    const block = this.block(index, PURPOSE.integer);
    const unit = ((block[0]! >>> 5) * 0x4000000 + (block[1]! >>> 6)) / 0x20000000000000;
    return low + Math.floor(unit * (high - low));
  }

  private block(counter: number, purpose: number): Uint32Array {
    const out = new Uint32Array(4);
    philox4x32(counter | 0, upperWord(counter), this.key0, this.key1, out, 0, purpose);
    return out;
  }
}

/**
 * One block of Philox 4x32-10: four random words, a bijection of the 128-bit counter for each key.
 * Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.
 */
export function philox4x32(
  counter0: number,
  counter1: number,
  key0: number,
  key1: number,
  out: Uint32Array,
  counter2 = 0,
  counter3 = 0,
): void {
  let [c0, c1, c2, c3] = [counter0, counter1, counter2, counter3];
  for (let round = 0; round < 10; round++) {
    const round0 = Math.imul(round, 0x9e3779b9) + key0;
    const round1 = Math.imul(round, 0xbb67ae85) + key1;
    const next0 = highProduct(0xcd9e8d57, c2) ^ c1 ^ round0;
    const next2 = highProduct(0xd2511f53, c0) ^ c3 ^ round1;
    c1 = Math.imul(0xcd9e8d57, c2);
    c3 = Math.imul(0xd2511f53, c0);
    c0 = next0;
    c2 = next2;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of the 64-bit product of two unsigned words, from 16-bit halves. */
function highProduct(a: number, b: number): number {
  const aHigh = a >>> 16;
  const bHigh = b >>> 16;
  const aLow = a & 0xffff;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (aLow * bHigh + (middle & 0xffff)) >>> 16;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + carry) | 0;
}

/** The key that a block makes of a safe integer, for one purpose. */
function keyOf(key0: number, key1: number, counter: number, purpose: number): RandomState {
  const out = new Uint32Array(4);
  philox4x32(counter | 0, upperWord(counter), key0, key1, out, 0, purpose);
  return { key0: out[0]! | 0, key1: out[1]! | 0 };
}

/** Bits 32 to 63 of an integer in two's complement. */
function upperWord(n: number): number {
  return Math.floor(n / 0x100000000) | 0;
}

function safe(where: string, n: number): number {
  if (!Number.isSafeInteger(n)) throw new ArgumentError(where, "a safe integer", n);
  return n;
}

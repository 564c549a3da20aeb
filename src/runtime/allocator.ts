import { RESERVED_BYTES } from "./kernels/index.ts";
import type { LinearMemory } from "./memory.ts";

/** Alignment and unit of every block: a cache line. */
const UNIT = 64;
/**
 * Each power of two of sizes is divided into 2³ classes, so a block is at most an eighth larger than its
 * class says.
 */
const SUBCLASS_BITS = 3;
const SUBCLASSES = 1 << SUBCLASS_BITS;
/**
 * Sizes below 2³ units have a class each; above, 3 bits behind the leading one choose the class. 2²⁶ units
 * are 4 GiB.
 */
const CLASSES = SUBCLASSES * 25;
/** Memory grows by at least this much, so that many small tensors do not mean many growths. */
const SMALLEST_GROWTH = 1 << 20;

/**
 * A stretch of memory, in use or free. Neighbours in memory are linked, and so are the free blocks of a
 * class.
 */
export interface Block {
  readonly address: number;
  bytes: number;
  free: boolean;
  below: Block | null;
  above: Block | null;
  previousFree: Block | null;
  nextFree: Block | null;
}

/** All figures in bytes. */
export interface AllocatorStats {
  readonly liveBytes: number;
  /** What the runtime has taken from the machine; a wasm memory never shrinks. */
  readonly reservedBytes: number;
  readonly largestFreeBlock: number;
  /** The most that was live at once. */
  readonly peakBytes: number;
}

/**
 * Two-level segregated fit (Masmano et al. 2004): constant time unless memory would grow, neighbours merged
 * at once. Chosen over an arena because the peak then is what is alive, not what was ever allocated.
 */
export class Allocator {
  readonly #memory: LinearMemory;
  readonly #limit: number;
  readonly #heads: (Block | null)[] = new Array<Block | null>(CLASSES).fill(null);
  /** Bit c mod 32 of word c / 32 says whether class c has a free block. */
  readonly #occupied = new Int32Array(Math.ceil(CLASSES / 32));
  #top: Block | null = null;
  #end = RESERVED_BYTES;
  #live = 0;
  #peak = 0;

  /** `limit`: bytes that the heap may reach. */
  constructor(memory: LinearMemory, limit: number) {
    this.#memory = memory;
    this.#limit = limit;
  }

  /**
   * A block of at least `bytes` > 0, aligned to 64; null where neither the limit nor the machine leaves
   * room.
   */
  allocate(bytes: number): Block | null {
    const wanted = Math.ceil(bytes / UNIT) * UNIT;
    const block =
      this.#take(wanted) ?? this.#search(wanted) ?? (this.#grow(wanted) ? this.#take(wanted) : null);
    if (block === null) return null;
    block.free = false;
    this.#split(block, wanted);
    this.#live += block.bytes;
    if (this.#live > this.#peak) this.#peak = this.#live;
    return block;
  }

  release(block: Block): void {
    this.#live -= block.bytes;
    block.free = true;
    let merged = block;
    if (block.above?.free) {
      this.#unlink(block.above);
      this.#merge(block, block.above);
    }
    if (block.below?.free) {
      merged = block.below;
      this.#unlink(merged);
      this.#merge(merged, block);
    }
    this.#link(merged);
  }

  /** Starts the peak again from what is live now. */
  resetPeak(): void {
    this.#peak = this.#live;
  }

  stats(): AllocatorStats {
    let largest = 0;
    for (let block = this.#top; block !== null; block = block.below) {
      if (block.free && block.bytes > largest) largest = block.bytes;
    }
    return {
      liveBytes: this.#live,
      reservedBytes: this.#memory.buffer.byteLength,
      largestFreeBlock: largest,
      peakBytes: this.#peak,
    };
  }

  /** Unlinks a free block that holds `bytes`. */
  #take(bytes: number): Block | null {
    const exact = classOf(bytes);
    // A block of a request's own class may be too small for it; the first one often is not.
    const head = this.#heads[exact];
    if (head && head.bytes >= bytes) return this.#unlink(head);
    const larger = this.#nextOccupied(exact + 1);
    return larger < 0 ? null : this.#unlink(this.#heads[larger]!);
  }

  /**
   * Unlinks a block of the request's own class that is not the first; looked for only where else the memory
   * would grow.
   */
  #search(bytes: number): Block | null {
    let block = this.#heads[classOf(bytes)] ?? null;
    while (block !== null && block.bytes < bytes) block = block.nextFree;
    return block && this.#unlink(block);
  }

  #nextOccupied(from: number): number {
    for (let word = from >> 5; word < this.#occupied.length; word++) {
      const mask = word === from >> 5 ? -1 << (from & 31) : -1;
      const bits = this.#occupied[word]! & mask;
      if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits & -bits);
    }
    return -1;
  }

  /** Makes a free block of `bytes` at the top of the heap. */
  #grow(bytes: number): boolean {
    const spare = this.#top?.free ? this.#top.bytes : 0;
    const least = this.#end + bytes - spare;
    if (least > this.#limit) return false;
    const roomy = Math.min(this.#limit, Math.max(least, this.#end + SMALLEST_GROWTH));
    const end = this.#memory.grow(roomy) ? roomy : least;
    if (end === least && !this.#memory.grow(least)) return false;
    const usable = Math.floor(end / UNIT) * UNIT;
    const block = blockAt(this.#end, usable - this.#end, this.#top);
    if (this.#top) this.#top.above = block;
    this.#top = block;
    this.#end = usable;
    this.#live += block.bytes;
    this.release(block);
    return true;
  }

  /** Gives what is behind the first `bytes` of a block back. */
  #split(block: Block, bytes: number): void {
    if (block.bytes - bytes < UNIT) return;
    const rest = blockAt(block.address + bytes, block.bytes - bytes, block);
    rest.above = block.above;
    if (rest.above) rest.above.below = rest;
    else this.#top = rest;
    block.above = rest;
    block.bytes = bytes;
    rest.free = true;
    this.#link(rest);
  }

  #merge(below: Block, above: Block): void {
    below.bytes += above.bytes;
    below.above = above.above;
    if (above.above) above.above.below = below;
    else this.#top = below;
  }

  #link(block: Block): void {
    const index = classOf(block.bytes);
    const head = this.#heads[index]!;
    block.previousFree = null;
    block.nextFree = head;
    if (head) head.previousFree = block;
    this.#heads[index] = block;
    this.#occupied[index >> 5]! |= 1 << (index & 31);
  }

  #unlink(block: Block): Block {
    const index = classOf(block.bytes);
    if (block.previousFree) block.previousFree.nextFree = block.nextFree;
    else this.#heads[index] = block.nextFree;
    if (block.nextFree) block.nextFree.previousFree = block.previousFree;
    if (this.#heads[index] === null) this.#occupied[index >> 5]! &= ~(1 << (index & 31));
    return block;
  }
}

function blockAt(address: number, bytes: number, below: Block | null): Block {
  return { address, bytes, free: false, below, above: null, previousFree: null, nextFree: null };
}

/** The class of blocks of this size: one per unit below 8 units, then 8 per power of two. */
function classOf(bytes: number): number {
  const units = bytes / UNIT;
  if (units < SUBCLASSES) return units;
  const exponent = 31 - Math.clz32(units) - SUBCLASS_BITS;
  return (exponent << SUBCLASS_BITS) + (units >>> exponent);
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Allocator, type Block } from "../../src/runtime/allocator.ts";
import { RESERVED_BYTES } from "../../src/runtime/kernels/index.ts";
import type { LinearMemory } from "../../src/runtime/memory.ts";
import { effort } from "../support/seed.ts";

/** A memory that has a length and nothing else, so that gigabytes cost nothing. */
class PretendedMemory implements LinearMemory {
  bytes = 65536;
  readonly #machine: number;

  /** `machine`: bytes that growing may reach. */
  constructor(machine = 2 ** 32) {
    this.#machine = machine;
  }

  get buffer(): ArrayBufferLike {
    return { byteLength: this.bytes } as ArrayBuffer;
  }

  grow(bytes: number): boolean {
    if (bytes > this.#machine) return false;
    this.bytes = Math.max(this.bytes, Math.ceil(bytes / 65536) * 65536);
    return true;
  }
}

const LIMIT = 2 ** 20;
const GIB = 2 ** 30;

const size = fc.oneof(
  fc.integer({ min: 1, max: 700 }),
  fc.integer({ min: 1, max: 40_000 }),
  fc.constantFrom(63, 64, 65, 448, 511, 512, 513, 4096, 65536, 300_000),
);
/** Sizes are allocated; negative numbers release one of the live blocks. */
const step = fc.oneof(
  { weight: 3, arbitrary: size },
  { weight: 2, arbitrary: fc.integer({ min: -1000, max: -1 }) },
);

describe("the allocator", () => {
  it("agrees with a list of intervals: no overlap, aligned, counted, merged again at the end", () => {
    const property = fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const allocator = new Allocator(new PretendedMemory(), LIMIT);
      const live: Block[] = [];
      let peak = 0;
      const bytes = () => live.reduce((sum, block) => sum + block.bytes, 0);
      for (const size of steps) {
        if (size > 0) {
          const block = allocator.allocate(size);
          if (block === null) continue;
          expect(block.bytes).toBeGreaterThanOrEqual(size);
          expect(block.bytes).toBeLessThan(size + 64);
          expect(block.address % 64).toBe(0);
          expect(block.address).toBeGreaterThan(0);
          expect(block.address + block.bytes).toBeLessThanOrEqual(LIMIT);
          expect(live.some((other) => overlap(block, other))).toBe(false);
          live.push(block);
          peak = Math.max(peak, bytes());
        } else if (live.length > 0) {
          allocator.release(live.splice(-size % live.length, 1)[0]!);
        }
        expect(allocator.stats().liveBytes).toBe(bytes());
        expect(allocator.stats().largestFreeBlock).toBe(largestGap(allocator, live));
      }
      expect(allocator.stats().peakBytes).toBe(peak);
      for (const block of live) allocator.release(block);
      expect(allocator.stats().liveBytes).toBe(0);
      // All is one block again: what fits the limit can be had at once.
      expect(allocator.allocate(LIMIT - RESERVED_BYTES)).not.toBeNull();
    });
    fc.assert(property, { numRuns: 100 * effort });
  });

  it("finds a block that fits, whichever of its class was released last", () => {
    const allocator = new Allocator(new PretendedMemory(), RESERVED_BYTES + 10_880 + 64 + 10_240 + 64);
    const large = allocator.allocate(10_880)!;
    allocator.allocate(64);
    const small = allocator.allocate(10_240)!;
    allocator.allocate(64);
    allocator.release(large);
    allocator.release(small);
    expect(allocator.allocate(10_880)?.address).toBe(large.address);
  });

  it("grows by no more than it needs where the machine has little left", () => {
    const allocator = new Allocator(new PretendedMemory(2 * 65536), GIB);
    expect(allocator.allocate(100_000)).not.toBeNull();
    expect(allocator.allocate(100_000)).toBeNull();
    expect(allocator.allocate(10_000)).not.toBeNull();
  });

  it("refuses what is beyond its limit and goes on", () => {
    const allocator = new Allocator(new PretendedMemory(), 10_000);
    expect(allocator.allocate(10_000)).toBeNull();
    expect(allocator.stats().liveBytes).toBe(0);
    expect(allocator.allocate(9_600)).not.toBeNull();
  });

  it("reaches to the end of 4 GiB", () => {
    const allocator = new Allocator(new PretendedMemory(), 4 * GIB - 65536);
    const blocks = [1, 2, 3].map(() => allocator.allocate(1.25 * GIB)!);
    expect(blocks.map(({ address }) => address)).toEqual(
      [0, 1.25 * GIB, 2.5 * GIB].map((n) => n + RESERVED_BYTES),
    );
    for (const block of blocks) allocator.release(block);
    expect(allocator.allocate(4 * GIB - 2 * 65536)).not.toBeNull();
  });

  it("starts the peak again from what is live", () => {
    const allocator = new Allocator(new PretendedMemory(), LIMIT);
    const first = allocator.allocate(6400)!;
    allocator.release(first);
    allocator.allocate(640);
    expect(allocator.stats().peakBytes).toBe(6400);
    allocator.resetPeak();
    expect(allocator.stats().peakBytes).toBe(640);
  });
});

const overlap = (a: Block, b: Block) => a.address < b.address + b.bytes && b.address < a.address + a.bytes;

/** Between live blocks, and behind the last to the end of what the heap has taken. */
function largestGap(allocator: Allocator, live: readonly Block[]): number {
  const { reservedBytes } = allocator.stats();
  const sorted = [...live].sort((a, b) => a.address - b.address);
  const inner = sorted.map(({ address }, i) => {
    const below = sorted[i - 1];
    return address - (below ? below.address + below.bytes : RESERVED_BYTES);
  });
  const top = sorted.at(-1);
  if (top === undefined && reservedBytes === 65536) return 0;
  const end = Math.min(reservedBytes, LIMIT);
  return Math.max(0, end - (top ? top.address + top.bytes : RESERVED_BYTES), ...inner);
}

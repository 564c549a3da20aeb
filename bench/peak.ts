import { readFileSync } from "node:fs";
import { clocks } from "./clock.ts";
import { type Effort, sample } from "./sample.ts";
import { median } from "./statistics.ts";

/**
 * The fastest that this machine does some work, to hold a case against:
 *
 * - multiplyAdd: `amount` flops in registers
 * - read: a loop that reads `amount` bytes
 * - the others: a loop with the traffic of an op, over arrays of `amount` bytes each
 */
export interface Yardstick {
  readonly loop: "multiplyAdd" | Loop;
  readonly amount: number;
  /** Bytes over which the calls of a case wander, where that is more than `amount`: they decide which cache serves. */
  readonly span?: number;
}

/** Loops over memory, and the arrays that each one touches, once for a read and once for a write. */
export const passes = { read: 1, oneToOne: 2, twoToOne: 3, fourToThree: 7 } as const;
/** Arrays that must be there for a loop. */
const arrays = { read: 1, oneToOne: 2, twoToOne: 3, fourToThree: 4 } as const satisfies Record<Loop, number>;
export type Loop = keyof typeof passes;

type Exports = Record<string, (...all: number[]) => number>;

const CALIBRATION_PASSES = 3;
/** Rounds of a chain of multiply-adds in one sample: a fifth of a millisecond. */
const STEPS = 80_000;
const FLOPS_PER_CHAIN_STEP = 8;
/** With it no chain grows out of its range or ends among denormals. */
const FACTOR = 0.5;
const PAGE_BYTES = 65536;
/** Where the arrays of the loops begin. */
const BASE = 64;

/** Measures what the machine can do, with kernels of its own in a memory of its own. */
export class Peaks {
  readonly #effort: Effort;
  readonly #kernels: Exports;
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  #loop = "";
  /** GFLOP/s of the best number of chains, as calibrated. */
  multiplyAdd = 0;

  /** `fused`: with fused multiply-add, as kernels of that build use it. */
  constructor(folder: URL, { fused, effort }: { readonly fused: boolean; readonly effort: Effort }) {
    const bytes = readFileSync(new URL(fused ? "peak-relaxed.wasm" : "peak.wasm", folder));
    const module = new WebAssembly.Module(bytes);
    this.#kernels = new WebAssembly.Instance(module, { env: { memory: this.#memory } })
      .exports as unknown as Exports;
    this.#effort = effort;
  }

  /** Finds the loop of 8 to 16 chains that does most multiply-adds: the best samples count, not the quiet ones. */
  async calibrate(): Promise<void> {
    const loops = Object.keys(this.#kernels).filter((name) => /^(chains|literals)\d+$/.test(name));
    for (const loop of loops) {
      for (let warmUp = 0; warmUp < 10; warmUp++) this.#kernels[loop]!(STEPS / 8, FACTOR);
    }
    for (let pass = 0; pass < CALIBRATION_PASSES; pass++) {
      for (const loop of loops) {
        // By the wall clock: the smallest difference of processor times is not one to trust.
        const times = await this.#multiplyAddTimes(loop, { ...this.#effort, clock: clocks.wall });
        const rate = rateOf(loop, Math.min(...times));
        if (rate < this.multiplyAdd) continue;
        this.multiplyAdd = rate;
        this.#loop = loop;
      }
    }
  }

  /** The loop that does most multiply-adds, by its number of chains. */
  get loop(): string {
    return this.#loop;
  }

  /** Milliseconds that the work takes at least. */
  async milliseconds({ loop, amount, span = amount }: Yardstick, effort = this.#effort): Promise<number> {
    if (loop === "multiplyAdd") {
      const times = await this.#multiplyAddTimes(this.#loop, effort);
      return amount / rateOf(this.#loop, median(times)) / 1e6;
    }
    const bytes = Math.ceil(span / 128) * 128;
    this.#reserve(BASE + arrays[loop] * bytes);
    const kernel = this.#kernels[loop]!;
    const times = await sample(() => void kernel(BASE, bytes), { ...effort, iterations: 3 });
    return (median(times) * amount) / bytes;
  }

  /** GB/s of a loop over arrays of `bytes`. */
  async bandwidth(loop: Loop, bytes: number): Promise<number> {
    for (let warmUp = 0; warmUp < 3; warmUp++) await this.milliseconds({ loop, amount: bytes });
    return (passes[loop] * bytes) / (await this.milliseconds({ loop, amount: bytes })) / 1e6;
  }

  #multiplyAddTimes(loop: string, effort: Effort): Promise<readonly number[]> {
    const kernel = this.#kernels[loop]!;
    return sample(() => void kernel(STEPS, FACTOR), effort);
  }

  #reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return;
    this.#memory.grow(missing);
    // Touched once: the first write of a page is the operating system's, not the loop's.
    new Uint8Array(this.#memory.buffer).fill(1);
  }
}

/** GFLOP/s of a loop whose name ends with its number of chains. */
function rateOf(loop: string, milliseconds: number): number {
  const chains = Number(/\d+$/.exec(loop)![0]);
  return (STEPS * chains * FLOPS_PER_CHAIN_STEP) / milliseconds / 1e6;
}

import { OutOfMemoryError } from "../../errors.ts";
import type { Kernels } from "../kernels/index.ts";
import { type Cut, joinSums, partOf, type Split } from "./cut.ts";
import type { Call, Lend, Pool, PoolKernel, Task } from "./pool.ts";
import { splits } from "./splits.ts";

type Kernel = (...values: number[]) => void;

/**
 * Nanoseconds of work that are worth handing out: to workers that look for it, which costs about 1 µs, and to
 * such as must be woken, 13 to 60 µs.
 */
const WORTH_AWAKE = 20_000;
const WORTH_ASLEEP = 150_000;

/** Nanoseconds of work in one part, at least. */
const PART = 5_000;
/** Parts for each thread, so that one that is late holds up nobody for long. */
const PARTS_PER_THREAD = 4;

const names = Object.keys(splits) as (keyof Kernels)[];
const splitList: readonly Split[] = names.map((name) => splits[name]);

/** The kernels of one thread, in the order of their numbers in a pool. */
export function poolKernels(kernels: Kernels): PoolKernel[] {
  return names.map((name, i) => {
    const { scratch } = splitList[i]!;
    return {
      name,
      run: kernels[name] as Kernel,
      scratchAt: scratch?.argument ?? -1,
      scratchBytes: (values) => (scratch ? 4 * scratch.slots(values) : 0),
    };
  });
}

/** Kernels that share out what is worth it; all that each of them does is done when it returns. */
export class SharedKernels {
  readonly kernels: Kernels;
  readonly #plain: readonly PoolKernel[];
  readonly #pool: Pool;
  readonly #memory: WebAssembly.Memory;
  readonly #lend: Lend;
  /** Calls of a task of `independent`, which are noted and made later. */
  #noted: Call[] | null = null;
  /** Nanoseconds of work lately that would have been worth it, had anybody been awake. */
  #missed = 0;

  constructor(plain: readonly PoolKernel[], pool: Pool, memory: WebAssembly.Memory, lend: Lend) {
    this.#plain = plain;
    this.#pool = pool;
    this.#memory = memory;
    this.#lend = lend;
    const entries = plain.map(({ name, run }, kernel) => [
      name,
      (...values: number[]) => {
        if (this.#noted) this.#noted.push({ kernel, values });
        else if (this.#pool.joined === 0) run(...values);
        else this.#call({ kernel, values });
      },
    ]);
    this.kernels = Object.fromEntries(entries) as Kernels;
  }

  /** As `Runtime.independent`. */
  independent(count: number, task: (index: number) => void): void {
    if (count < 2 || this.#noted || this.#pool.joined === 0) {
      for (let i = 0; i < count; i++) task(i);
      return;
    }
    const tasks: Task[] = [];
    try {
      for (let i = 0; i < count; i++) {
        this.#noted = [];
        task(i);
        if (this.#noted.length > 0) tasks.push(this.#noted);
      }
    } finally {
      this.#noted = null;
    }
    const calls = tasks.flat();
    const time = calls.reduce((sum, call) => sum + timeOf(call), 0);
    if (!this.#isWorth(time)) this.#runAlone(calls);
    else {
      const size = Math.ceil((PART * tasks.length) / time);
      this.#orAlone(calls, () => this.#share(grouped(tasks, size), time));
    }
  }

  #call(call: Call): void {
    const time = timeOf(call);
    const cut = this.#isWorth(time) ? splitList[call.kernel]!.cut(call.values) : null;
    const parts = cut && this.#partsOf(call, cut, time);
    if (!cut || !parts) this.#runAlone([call]);
    else if ("chunks" in cut) this.#orAlone([call], () => this.#sumUp(call, cut, parts, time));
    else {
      const tasks = parts.map(([first, count]) => [
        { kernel: call.kernel, values: partOf(call.values, cut, first, count) },
      ]);
      this.#orAlone([call], () => this.#share(tasks, time));
    }
  }

  #sumUp(
    { kernel }: Call,
    cut: Extract<Cut, { chunks: number }>,
    parts: readonly (readonly [first: number, count: number])[],
    time: number,
  ): void {
    this.#lend(4 * cut.chunks * cut.size, (sums) => {
      const chunk = (index: number) => ({ kernel, values: cut.chunk(index, sums + 4 * index * cut.size) });
      const tasks = parts.map(([first, count]) => Array.from({ length: count }, (_, i) => chunk(first + i)));
      this.#share(tasks, time);
      joinSums(this.#memory.buffer, cut, sums);
    });
  }

  /** Even parts in whole grains; null where it is only one. */
  #partsOf(call: Call, cut: Cut, time: number): [first: number, count: number][] | null {
    const units = "chunks" in cut ? cut.chunks : call.values[cut.count]!;
    const grain = "chunks" in cut ? 1 : cut.grain;
    const wanted = Math.min(Math.floor(time / PART), PARTS_PER_THREAD * (this.#pool.joined + 1));
    const size = Math.ceil(units / wanted / grain) * grain;
    if (size >= units) return null;
    const parts: [number, number][] = [];
    for (let first = 0; first < units; first += size) parts.push([first, Math.min(size, units - first)]);
    return parts;
  }

  #share(tasks: readonly Task[], time: number): void {
    this.#pool.run(tasks, time >= WORTH_ASLEEP || this.#missed >= WORTH_ASLEEP);
    this.#missed = 0;
  }

  /** Sleeping workers are woken for one long piece of work, or by many short ones. */
  #isWorth(time: number): boolean {
    if (time < WORTH_AWAKE) return false;
    if (this.#pool.awake > 0) return true;
    this.#missed += time;
    return this.#missed >= WORTH_ASLEEP;
  }

  /** Where there is no memory left that workers need, nothing has begun yet, and the caller does it. */
  #orAlone(calls: readonly Call[], attempt: () => void): void {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      this.#runAlone(calls);
    }
  }

  #runAlone(calls: readonly Call[]): void {
    for (const { kernel, values } of calls) this.#plain[kernel]!.run(...values);
  }
}

const timeOf = ({ kernel, values }: Call) => splitList[kernel]!.time(values);

/** Neighbours joined, `size` tasks in one. */
function grouped(tasks: readonly Task[], size: number): Task[] {
  if (size <= 1) return [...tasks];
  return Array.from({ length: Math.ceil(tasks.length / size) }, (_, i) =>
    tasks.slice(i * size, (i + 1) * size).flat(),
  );
}

import { WorkerError } from "../../errors.ts";
import {
  CALL_HEADER,
  type Control,
  claim,
  DATA_HEADER,
  DATA_NUMBERS,
  makeControl,
  strike,
  WORD,
} from "./control.ts";
import type { Arguments } from "./cut.ts";
import type { ThreadPlatform, WorkerHandle } from "./platform.ts";
import { type WorkerTask, workerSource } from "./workerSource.ts";

/** A call of a kernel, to be made by any thread. */
export interface Call {
  readonly kernel: number;
  readonly values: Arguments;
}

/** Calls that one thread makes, in this order. */
export type Task = readonly Call[];

/** What a pool is told about a kernel. */
export interface PoolKernel {
  readonly name: string;
  readonly run: (...values: number[]) => void;
  /** Which argument is scratch; -1 without. */
  readonly scratchAt: number;
  /** Bytes of scratch that a call may use. */
  scratchBytes(values: Arguments): number;
}

/** Scratch of two threads shares no cache line. */
const LINE_BYTES = 64;

/** Lends bytes of the shared memory. */
export type Lend = (bytes: number, body: (address: number) => void) => void;

/** Looks at the workers' progress before the caller goes to sleep: some 100 µs. */
const SPINS = 10_000;
/** Sleep of the caller, in case nobody wakes it. Milliseconds. */
const NAP = 100;
/**
 * A worker without progress for so long has been killed without a last word. Milliseconds; the longest tasks
 * take seconds.
 */
const PATIENCE = 120_000;

/** The workers of a runtime, and the job that they and the caller do together. */
export class Pool {
  readonly ready: Promise<void>;
  readonly #control: Control = makeControl();
  readonly #kernels: readonly PoolKernel[];
  readonly #platform: ThreadPlatform;
  readonly #lend: Lend;
  readonly #workers: (WorkerHandle | null)[] = [];

  constructor(
    count: number,
    modules: Pick<WorkerTask, "core" | "gemm" | "memory">,
    kernels: readonly PoolKernel[],
    { platform, lend }: { readonly platform: ThreadPlatform; readonly lend: Lend },
  ) {
    this.#kernels = kernels;
    this.#platform = platform;
    this.#lend = lend;
    const names = kernels.map(({ name }) => name);
    const task = { ...modules, control: this.#control.block, kernels: names };
    const starts = Array.from({ length: count }, (_, index) => this.#start({ ...task, index }));
    this.ready = Promise.all(starts).then(() => undefined);
  }

  /** Workers that take part now. */
  get joined(): number {
    return Atomics.load(this.#control.words, WORD.joined);
  }

  /** Those that would begin within a microsecond. */
  get awake(): number {
    return this.joined - Atomics.load(this.#control.words, WORD.sleepers);
  }

  /** Makes the process wait for workers that have not joined yet. */
  waitForWorkers(): void {
    for (const worker of this.#workers) worker?.keepAlive(true);
  }

  /**
   * Runs tasks that do not depend on each other, and returns when all are done. `wake`: whether sleeping
   * workers shall help.
   */
  run(tasks: readonly Task[], wake: boolean): void {
    let scratch = 0;
    for (const { kernel, values } of tasks.flat()) {
      scratch = Math.max(scratch, this.#kernels[kernel]!.scratchBytes(values));
    }
    const share = Math.ceil(scratch / LINE_BYTES) * LINE_BYTES;
    if (share === 0) this.#runParts(tasks, 0, 0, wake);
    else this.#lend(share * this.#workers.length, (address) => this.#runParts(tasks, address, share, wake));
  }

  end(): void {
    const { words } = this.#control;
    Atomics.store(words, WORD.stop, 1);
    this.#wake();
    this.#workers.forEach((worker, index) => {
      worker?.end();
      this.#workers[index] = null;
    });
  }

  #start(task: WorkerTask): Promise<void> {
    return new Promise((resolve) => {
      const { index } = task;
      try {
        this.#workers[index] = this.#platform.start(workerSource, task, {
          joined: () => {
            this.#workers[index]?.keepAlive(false);
            resolve();
          },
          ended: () => {
            strike(this.#control, index);
            this.#workers[index] = null;
            resolve();
          },
        });
      } catch {
        // A place may refuse workers, by its content security policy say: the pool does without.
        this.#workers[index] = null;
        resolve();
      }
    });
  }

  /** As many tasks at a time as the block of data holds. */
  #runParts(tasks: readonly Task[], scratch: number, share: number, wake: boolean): void {
    for (let first = 0; first < tasks.length; ) {
      const count = this.#write(tasks, first);
      if (count === 0) this.#runTask(tasks[first]!);
      else this.#runJob(tasks, first, count, scratch, share, wake);
      first += Math.max(1, count);
    }
  }

  /** Writes tasks from `first` on and returns how many found room. */
  #write(tasks: readonly Task[], first: number): number {
    const { data } = this.#control;
    let room = DATA_NUMBERS - DATA_HEADER - 1;
    let count = 0;
    for (; first + count < tasks.length; count++) {
      room -= 1 + sizeOf(tasks[first + count]!);
      if (room < 0) break;
    }
    let at = DATA_HEADER + count + 1;
    for (let i = 0; i < count; i++) {
      data[DATA_HEADER + i] = at;
      for (const { kernel, values } of tasks[first + i]!) {
        data[at] = kernel;
        data[at + 1] = this.#kernels[kernel]!.scratchAt;
        data[at + 2] = values.length;
        data.set(values, at + CALL_HEADER);
        at += CALL_HEADER + values.length;
      }
    }
    data[DATA_HEADER + count] = at;
    return count;
  }

  #runJob(
    tasks: readonly Task[],
    first: number,
    count: number,
    scratch: number,
    share: number,
    wake: boolean,
  ): void {
    const { words, data } = this.#control;
    data[0] = count;
    data[1] = scratch;
    data[2] = share;
    Atomics.store(words, WORD.failed, 0);
    Atomics.store(words, WORD.finished, 0);
    Atomics.store(words, WORD.remaining, count);
    if (wake && Atomics.load(words, WORD.sleepers) > 0) this.#wake();
    let expected = count;
    try {
      for (let task = claim(this.#control); task >= 0; task = claim(this.#control)) {
        this.#runTask(tasks[first + task]!);
        Atomics.add(words, WORD.finished, 1);
      }
    } catch (error) {
      // The claimed task here will not be finished, and those that nobody has claimed will not be begun.
      expected -= 1 + Math.max(0, Atomics.exchange(words, WORD.remaining, 0));
      throw error;
    } finally {
      // Whatever happened here, nobody may still be writing when this returns.
      this.#join(expected, this.#kernels[tasks[first]![0]!.kernel]!.name);
    }
  }

  #runTask(task: Task): void {
    for (const { kernel, values } of task) this.#kernels[kernel]!.run(...values);
  }

  /** Waits until `count` tasks are finished: awake for a moment, then asleep where that is allowed. */
  #join(count: number, kernel: string): void {
    const { words } = this.#control;
    for (let spins = 0; Atomics.load(words, WORD.finished) < count; spins++) {
      if (spins === SPINS) this.#outwait(count);
    }
    if (Atomics.load(words, WORD.failed) > 0) throw new WorkerError(kernel, this.joined + 1);
  }

  #outwait(count: number): void {
    const { words } = this.#control;
    const { mayWait, now } = this.#platform;
    Atomics.store(words, WORD.callerSleeps, 1);
    let done = Atomics.load(words, WORD.finished);
    for (let since = now(); done < count && now() - since < PATIENCE; ) {
      if (mayWait) Atomics.wait(words, WORD.finished, done, NAP);
      const before = done;
      done = Atomics.load(words, WORD.finished);
      if (done !== before) since = now();
    }
    Atomics.store(words, WORD.callerSleeps, 0);
    if (done < count) this.#giveUp(count);
  }

  /** Ends the workers, one of which does not answer any more, and the job with them. */
  #giveUp(count: number): void {
    const { words } = this.#control;
    this.end();
    for (const index of this.#workers.keys()) strike(this.#control, index);
    Atomics.store(words, WORD.failed, 1);
    Atomics.store(words, WORD.finished, count);
  }

  #wake(): void {
    Atomics.add(this.#control.words, WORD.wake, 1);
    Atomics.notify(this.#control.words, WORD.wake);
  }
}

/** Numbers that a task takes among the data. */
function sizeOf(task: Task): number {
  return task.reduce((sum, { values }) => sum + CALL_HEADER + values.length, 0);
}

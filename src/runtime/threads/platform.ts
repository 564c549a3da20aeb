import type { KernelModules } from "../wasm.ts";
import type { WorkerTask } from "./workerSource.ts";

/** What a place that has threads supplies; one that has none supplies null. */
export interface ThreadPlatform {
  /** The kernels built for shared memory. */
  readonly modules: KernelModules;
  /** Threads that run at the same time. */
  readonly cores: number;
  /** Whether the calling thread may sleep in Atomics.wait. */
  readonly mayWait: boolean;
  /** Why there can be no threads here and now, with the remedy; null where there can. */
  readonly obstacle: string | null;
  /** Milliseconds, as in `Platform`. */
  now(): number;
  /** Starts a worker that does not keep the process alive. Throws where that is refused. */
  start(source: string, task: WorkerTask, events: WorkerEvents): WorkerHandle;
}

export interface WorkerEvents {
  /** It takes part from now on. */
  joined(): void;
  /** It has ended, or could not begin. */
  ended(): void;
}

export interface WorkerHandle {
  /** Whether the process waits for this worker's events. */
  keepAlive(yes: boolean): void;
  end(): void;
}

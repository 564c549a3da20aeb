import type { Kernels, Ptr } from "./kernels/index.ts";
import type { LinearMemory } from "./memory.ts";

/** Which implementation of the kernels a runtime runs. */
export type KernelBuild = "plain" | "relaxed" | "reference";

/** A memory and the kernels over it. */
export interface Backend {
  readonly build: KernelBuild;
  readonly floatType: "f32" | "f64";
  readonly memory: LinearMemory;
  readonly kernels: Kernels;
  /** The threads behind the kernels; left out where there is but the caller's. */
  readonly threads?: Threads;
}

export interface Threads {
  /** Those that take part now, the caller's among them. */
  readonly count: number;
  /** Resolves when all have joined that will. */
  ready(): Promise<void>;
  /** As `Runtime.independent`. */
  independent(count: number, task: (index: number) => void): void;
  end(): void;
}

export interface BackendOptions {
  readonly deterministic: boolean;
  /** Whether nothing will ever be computed with it. */
  readonly disposed: boolean;
  /** Lends bytes of the backend's memory, once it is made. */
  lend(bytes: number, body: (address: number) => void): void;
}

/** Makes a backend; a value, so that bundlers drop the one that is not used. */
export type BackendFactory = (options: BackendOptions) => Backend;

/** Makes a backend on several threads, or, where there are none, the plain one. A value, as above. */
export type ThreadedBackend = (plain: BackendFactory) => BackendFactory;

type AnyKernel = (output: Ptr, ...rest: number[]) => void;

/** Calls of kernels since the start, and the number of the first one that is not made any more. */
export interface KernelCalls {
  count: number;
  end: number;
}

/**
 * Drops every call whose output is empty (its pointer is absent), so that no kernel sees a size of zero, and
 * those behind the end.
 */
export function guarded(kernels: Kernels, calls: KernelCalls): Kernels {
  const table: Record<string, AnyKernel> = {};
  for (const [name, kernel] of Object.entries(kernels) as [string, AnyKernel][]) {
    table[name] = function guard() {
      // biome-ignore lint/complexity/noArguments: forwarding `arguments` is the one way that allocates nothing
      if (arguments[0] === 0 || calls.count++ >= calls.end) return;
      // biome-ignore lint/complexity/noArguments: as above
      kernel.apply(undefined, arguments as unknown as Parameters<AnyKernel>);
    };
  }
  return table as unknown as Kernels;
}

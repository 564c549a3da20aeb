import { kernelModules } from "#kernels";
import { platform } from "#platform";
import { ArgumentError } from "../errors.ts";
import type { BackendFactory, ThreadedBackend } from "./backend.ts";
import type { Platform } from "./platform.ts";
import { type MemoryStats, Runtime } from "./runtime.ts";
import { isPromiseLike, type Resource } from "./scope.ts";
import { type KernelSource, wasmBackend } from "./wasm.ts";

/** The one state of a module in this library: the runtime that creation functions use, and the kernels of new ones. */
const standing: { runtime: Runtime | null; kernels: KernelSource } = {
  runtime: null,
  kernels: kernelModules,
};

/** The compiled kernels, as a bundler or `WebAssembly.compile` gives them. */
export interface InitOptions {
  /** Of the file `lanegrad/wasm/core.wasm`. */
  readonly core: WebAssembly.Module;
  /** Of the file `lanegrad/wasm/gemm.wasm`. */
  readonly gemm: WebAssembly.Module;
}

/**
 * Hands the compiled kernels in, for bundlers that no condition of the package fits; elsewhere nobody needs it. Call it before the first
 * tensor.
 *
 * ```ts
 * import core from "lanegrad/wasm/core.wasm";
 * import gemm from "lanegrad/wasm/gemm.wasm";
 * init({ core, gemm });
 * ```
 *
 * @throws ArgumentError when a tensor was made before
 */
export function init({ core, gemm }: InitOptions): void {
  if (standing.runtime)
    throw new ArgumentError("init", "to be called before the first tensor", "a later call");
  standing.kernels = {
    core: () => core,
    gemm: () => gemm,
    isFused: () => false,
    remedy: () => "init takes the compiled modules of core.wasm and gemm.wasm",
  };
}

export interface CreateRuntimeOptions {
  /** The kernels. Default the compiled ones; `referenceBackend()` of `lanegrad/testing` is the slow and exact twin. */
  readonly backend?: BackendFactory;
  /** `threads(n)` of `lanegrad/threads`, instead of a backend: more threads than the caller's. Default none. */
  readonly threads?: ThreadedBackend;
  /** Bytes that tensors may take. Default 4 GiB; 2 GiB in browsers, 96 MiB on workerd and the edge runtime. */
  readonly maxMemory?: number;
  /** The same bits on every machine: no fused multiply-add. Default false. */
  readonly deterministic?: boolean;
}

/**
 * A runtime of its own: memory, kernels, scopes.
 *
 * ```ts
 * const exact = createRuntime({ deterministic: true });
 * const sum = withRuntime(exact, () => add(tensor([1, 2]), 1).toArray()); // [2, 3]
 * ```
 */
export function createRuntime(options: CreateRuntimeOptions = {}): Runtime {
  const { threads, maxMemory = platform.maxMemory, deterministic = false } = options;
  if (threads && options.backend) {
    throw new ArgumentError("createRuntime", "either a backend or threads", "both");
  }
  const plain = options.backend ?? wasmBackend(standing.kernels);
  return new Runtime({ backend: threads ? threads(plain) : plain, maxMemory, deterministic });
}

/** The runtime that creation functions use; made at the first call. */
export function defaultRuntime(): Runtime {
  standing.runtime ??= createRuntime();
  return standing.runtime;
}

/** Makes `runtime` the default one from here on: for a program that sets up threads or a limit once, at its start. */
export function setDefaultRuntime(runtime: Runtime): void {
  standing.runtime = runtime;
}

/** Makes `runtime` the default one while the synchronous `body` runs. */
export function withRuntime<T>(runtime: Runtime, body: () => T): T {
  const before = standing.runtime;
  standing.runtime = runtime;
  try {
    const result = body();
    if (isPromiseLike(result)) {
      throw new ArgumentError("withRuntime", "a body that returns a value, not a promise", result);
    }
    return result;
  } finally {
    standing.runtime = before;
  }
}

/** Where this runs: its clock and its way to breathe. */
export function currentPlatform(): Platform {
  return platform;
}

/**
 * Runs `body` and frees the tensors that were born in it, except those it returns (also inside arrays, objects and class fields) and those
 * that `keep` names. No scope stays open across an `await`: a body that returns a promise is an error.
 *
 * ```ts
 * const loss = scope(() => meanSquaredError(model.forward(x), y).item());
 * ```
 */
export function scope(body: () => PromiseLike<unknown>): never;
export function scope<T>(body: () => T): T;
export function scope<T>(body: () => T): T {
  return defaultRuntime().scope(body);
}

/** Saves a tensor from the innermost scope: it lives in the one around it. Returns it. */
export function keep<T extends Resource>(tensor: T): T {
  return defaultRuntime().keep(tensor);
}

/** Runs `body` without recording anything for backward. */
export function noGrad<T>(body: () => T): T {
  return defaultRuntime().withRecording(false, body);
}

/** Runs `body` checking each result and gradient: the first infinite or NaN one throws `NonFiniteError` naming the op. */
export function detectAnomaly<T>(body: () => T): T {
  const runtime = defaultRuntime();
  const before = runtime.detectAnomaly;
  runtime.detectAnomaly = true;
  try {
    return body();
  } finally {
    runtime.detectAnomaly = before;
  }
}

/** What the default runtime holds. */
export function memoryStats(): MemoryStats {
  return defaultRuntime().memoryStats();
}

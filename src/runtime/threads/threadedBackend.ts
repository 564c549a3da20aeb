import { ArgumentError } from "../../errors.ts";
import type { BackendFactory, ThreadedBackend } from "../backend.ts";
import { hasFusedMultiplyAdd } from "../features.ts";
import { MAXIMUM_PAGES, WasmMemory } from "../memory.ts";
import { wasmKernels } from "../wasm.ts";
import { MOST_THREADS } from "./control.ts";
import type { ThreadPlatform } from "./platform.ts";
import { Pool } from "./pool.ts";
import { poolKernels, SharedKernels } from "./sharedKernels.ts";

/** A shared maximum of 4 GiB is refused on some small devices: then halves, down to 512 MiB. */
const MEMORY_TRIES = 4;

/**
 * The fast kernels on several threads, over shared memory. On one thread, or where there can be no more, the
 * plain ones; `hint` says why.
 */
export function threadedBackend(
  threads: number | undefined,
  platform: ThreadPlatform | null,
  hint: (text: string) => void,
): ThreadedBackend {
  const count = threads ?? platform?.cores ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS) {
    throw new ArgumentError("threads", `a number of threads from 1 to ${MOST_THREADS}`, count);
  }
  let hinted = false;
  return (plain) => {
    if (platform === null || count === 1) return plain;
    if (platform.obstacle !== null) {
      if (!hinted) hint(`lanegrad runs on one thread: ${platform.obstacle}`);
      hinted = true;
      return plain;
    }
    return sharedBackend(count, platform, plain);
  };
}

function sharedBackend(threads: number, platform: ThreadPlatform, plain: BackendFactory): BackendFactory {
  return (options) => {
    const memory = options.disposed ? null : sharedMemory();
    if (memory === null) return plain(options);
    const { modules } = platform;
    const relaxed = !options.deterministic && hasFusedMultiplyAdd() ? modules.gemmRelaxed : undefined;
    const [core, gemm] = [modules.core(), (relaxed ?? modules.gemm)()];
    const kernels = poolKernels(wasmKernels(core, gemm, memory));
    const pool = new Pool(threads - 1, { core, gemm, memory }, kernels, { platform, lend: options.lend });
    const shared = new SharedKernels(kernels, pool, memory, options.lend);
    return {
      build: relaxed ? "relaxed" : "plain",
      floatType: "f32",
      memory: new WasmMemory(memory),
      kernels: shared.kernels,
      threads: {
        get count() {
          return pool.joined + 1;
        },
        ready() {
          pool.waitForWorkers();
          return pool.ready;
        },
        independent: (count, task) => shared.independent(count, task),
        end: () => pool.end(),
      },
    };
  };
}

function sharedMemory(): WebAssembly.Memory | null {
  for (let attempt = 0; attempt < MEMORY_TRIES; attempt++) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES >> attempt, shared: true });
    } catch {
      // The next one is smaller.
    }
  }
  return null;
}

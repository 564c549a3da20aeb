/** `lanegrad/threads`: a runtime on several threads. */
import { threadPlatform } from "#threads";
import type { ThreadedBackend } from "../runtime/backend.ts";
import { threadedBackend } from "../runtime/threads/threadedBackend.ts";

/**
 * Several threads for `createRuntime`, the caller's among them. Default: one for each core.
 *
 *   const runtime = createRuntime({ threads: threads(4) });
 *   setDefaultRuntime(runtime);
 *
 * The runtime works at once, on one thread; the others join when they have started (`await runtime.ready`).
 * The bits are the same for any number of threads. They do not keep a program alive, and `runtime.dispose()`
 * ends them. Where there are none (workerd, edge runtimes, a page without cross-origin isolation) one thread
 * does the work.
 */
export function threads(count?: number): ThreadedBackend {
  return threadedBackend(count, threadPlatform, (text) => console.info(text));
}

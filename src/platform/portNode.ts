import { isMainThread, parentPort } from "node:worker_threads";
import type { Port } from "../worker/port.ts";
import { workerPort as webPort } from "./portBrowser.ts";

/** Deno calls a worker of the web a main thread; Bun's main thread has a `postMessage` that leads nowhere. */
const isMain = isMainThread && !("WorkerGlobalScope" in globalThis);

/** Who started this worker: one of `node:worker_threads`, or of the web, which knows no parent port. */
export const workerPort: Port | null = parentPort ?? (isMain ? null : webPort);

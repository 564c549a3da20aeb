import { isMainThread, parentPort } from "node:worker_threads";
import type { Port } from "../worker/port.ts";
import { workerPort as webPort } from "./portBrowser.ts";

/** Who started this worker. Deno and Bun have workers of the web besides, which know no parent port. */
export const workerPort: Port | null = parentPort ?? (isMainThread ? null : webPort);

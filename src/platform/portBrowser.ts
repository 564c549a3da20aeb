import type { Port } from "../worker/port.ts";

/** The page of a worker of the web; null on a page, whose own port leads to other windows. */
export const workerPort: Port | null =
  typeof document === "undefined" && typeof globalThis.postMessage === "function"
    ? (globalThis as unknown as Port)
    : null;

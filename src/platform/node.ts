import type { Platform } from "../runtime/platform.ts";

/** Node, Deno and Bun. */
export const platform: Platform = {
  name: "node",
  maxMemory: 2 ** 32,
  now: () => performance.now(),
  clockStands: false,
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
};

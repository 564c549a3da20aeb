import type { Platform } from "../runtime/platform.ts";

/** The Vercel edge runtime. A function has 128 MiB there for everything. */
export const platform: Platform = {
  name: "edge",
  maxMemory: 96 * 2 ** 20,
  now: () => performance.now(),
  clockStands: false,
  breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
};

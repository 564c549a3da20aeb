import type { Platform } from "../runtime/platform.ts";

/** Cloudflare's runtime. Beyond 128 MiB it ends an isolate without an error, so tensors stay well below. */
export const platform: Platform = {
  name: "workerd",
  maxMemory: 96 * 2 ** 20,
  now: () => performance.now(),
  clockStands: true,
  breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
};

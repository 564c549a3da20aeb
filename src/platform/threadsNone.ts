import type { ThreadPlatform } from "../runtime/threads/platform.ts";

/** Where nobody may start a thread: workerd and the edge runtime. */
export const threadPlatform: ThreadPlatform | null = null;

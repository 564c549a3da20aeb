import type { Platform } from "../runtime/platform.ts";

/** Browsers, on the page and in workers. */
export const platform: Platform = {
  name: "browser",
  maxMemory: 2 ** 31,
  now: () => performance.now(),
  clockStands: false,
  breathe: () =>
    new Promise((resolve) => {
      // setTimeout waits at least 4 ms when nested; a message does not.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }),
};

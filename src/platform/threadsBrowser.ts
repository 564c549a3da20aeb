import type { ThreadPlatform } from "../runtime/threads/platform.ts";
import { embeddedBytes } from "./embeddedBytes.ts";
import { sharedModules } from "./sharedModules.ts";

const begin = `
onmessage = ({ data }) => {
  try {
    work(data, () => postMessage("joined"), () => {});
  } finally {
    close();
  }
};
`;

const isolationHint =
  "SharedArrayBuffer needs cross-origin isolation; serve the page with " +
  "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";

/**
 * Threads of browsers: workers from a blob, so that no file has to be found. They begin when the page's
 * script returns.
 */
export const threadPlatform: ThreadPlatform = {
  modules: sharedModules(embeddedBytes),
  cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  mayWait: typeof document === "undefined",
  obstacle:
    typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false
      ? isolationHint
      : null,
  now: () => performance.now(),
  start(source, task, { joined, ended }) {
    const url = URL.createObjectURL(new Blob([source, begin], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      joined();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      URL.revokeObjectURL(url);
      ended();
    };
    worker.postMessage(task);
    return { keepAlive() {}, end: () => worker.terminate() };
  },
};

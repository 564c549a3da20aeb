import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ThreadPlatform } from "../runtime/threads/platform.ts";
import { fileBytes } from "./fileBytes.ts";
import { fusedPays } from "./fusedPays.ts";
import { sharedModules } from "./sharedModules.ts";

/** Reaches the worker's surroundings without `require`, which Deno's workers do not have. */
const begin = `
import("node:worker_threads").then(({ parentPort, workerData }) =>
  work(workerData, () => parentPort.postMessage("joined"), (leave) => process.on("exit", leave)),
);
`;

const { gemmRelaxed, ...plain } = sharedModules(fileBytes);

/** Threads of Node, Deno and Bun; of the same build as one thread takes, so that the bits are the same. */
export const threadPlatform: ThreadPlatform = {
  modules: gemmRelaxed && fusedPays() ? { ...plain, gemmRelaxed } : plain,
  cores: availableParallelism(),
  mayWait: true,
  obstacle: null,
  now: () => performance.now(),
  start(source, task, { joined, ended }) {
    const worker = new Worker(source + begin, { eval: true, workerData: task, stdin: false });
    worker.once("message", joined);
    worker.once("error", ended);
    worker.once("exit", ended);
    worker.unref();
    return {
      keepAlive: (yes) => (yes ? worker.ref() : worker.unref()),
      end: () => void worker.terminate(),
    };
  },
};

import { workerPort } from "#port";
import { ArgumentError } from "../errors.ts";
import type { Job } from "./job.ts";
import { opened, REQUESTS, type Reply, type Request, sealed } from "./messages.ts";
import { packThrown } from "./packedThrown.ts";
import { listen, type Port } from "./port.ts";
import { RunningJob } from "./runningJob.ts";

/**
 * Offers a job to the page that started this worker; called once, in the worker's file. A worker of the web and one
 * of `node:worker_threads` are the same here.
 *
 * ```ts
 * export const job = expose(async function* (options: { text: string }, signal, { offerCheckpoint }) {
 *   const model = new Gpt(…);
 *   offerCheckpoint(() => writeCheckpoint(model, optimizer, { tokenizer }));
 *   try {
 *     yield* train(model, batches, { optimizer, steps: 1000, signal });
 *   } finally {
 *     dispose(model);
 *   }
 * });
 * ```
 *
 * `signal` is aborted when the page stops the run. A job that does not look at it is ended after its present step, as
 * `break` ends a loop: its `finally` runs. One job runs at a time; a second one is refused, and waits where the first is
 * being stopped.
 *
 * @param port Where the page is. Default: this worker's own port.
 * @throws ArgumentError outside a worker, without a port
 */
export function expose<Options, Step>(
  job: Job<Options, Step>,
  port: Port | null = workerPort,
): Job<Options, Step> {
  if (port === null) throw new ArgumentError("expose", "to be called in a worker, or given a port", port);
  const post = (reply: Reply, transfer: ArrayBuffer[] = []) => port.postMessage(sealed(reply), transfer);
  const runs = new Map<string, RunningJob>();

  const begin = (request: Extract<Request, { kind: "run" }>): void => {
    const { run } = request;
    const others = [...runs.values()];
    if (others.some(({ stopping }) => !stopping)) {
      const wanted = "one run at a time on a worker: stop the other, or start another worker";
      const refusal = new ArgumentError("connect", wanted, "a second run");
      post({ kind: "error", run, error: packThrown(refusal) });
      return;
    }
    const before = others.at(-1)?.ended ?? Promise.resolve();
    const running = new RunningJob(job as Job<unknown, unknown>, request, before, post);
    runs.set(run, running);
    void running.ended.then(() => runs.delete(run));
  };

  listen(port, {
    message(data) {
      const request = opened<Request>(data, REQUESTS);
      if (request?.kind === "hello") post({ kind: "ready" });
      else if (request?.kind === "run") begin(request);
      else if (request) runs.get(request.run)?.handle(request);
    },
  });
  post({ kind: "ready" });
  return job;
}

import { ArgumentError, JobError } from "../errors.ts";
import type { AnyJob, OptionsOf, StepOf } from "./job.ts";
import { opened, REPLIES, type Reply, type Request, sealed } from "./messages.ts";
import { closePort, listen, type Port } from "./port.ts";
import { RemoteRun, type Run } from "./run.ts";

/** The job of a worker, to be called as if it were here. */
export interface Connection<Options, Step> {
  /**
   * Starts a run. Nothing is thrown here: what goes wrong, the iteration throws.
   *
   * @param signal Stops the run; the iteration then throws its reason.
   */
  (options: Options, signal?: AbortSignal): Run<Step>;
  /** Ends the worker at once, without asking it. A run that is going on throws a JobError. */
  close(): void;
}

export interface ConnectOptions {
  /**
   * Steps that the worker may do before they are asked for. Default 0: while the page handles a step the job rests, so
   * that nothing piles up and a checkpoint is the one of that step. More keeps the worker busy while the page is.
   */
  readonly ahead?: number;
}

/**
 * Calls the job that a worker's file gives to `expose`. What it throws arrives as the class that it was.
 *
 * ```ts
 * import type { job } from "./job.ts";
 *
 * const start = connect<typeof job>(new Worker(new URL("./job.ts", import.meta.url), { type: "module" }));
 * const run = start({ text });
 * button.onclick = () => run.stop();
 * for await (const { step, loss } of run) show(step, loss);
 * ```
 *
 * @param worker A `Worker` of the web or of `node:worker_threads`, or a `MessagePort`. Others may use it too: messages
 * that are not ours are left alone.
 */
export function connect<J extends AnyJob>(
  worker: Port,
  { ahead = 0 }: ConnectOptions = {},
): Connection<OptionsOf<J>, StepOf<J>> {
  if (!Number.isSafeInteger(ahead) || ahead < 0) {
    throw new ArgumentError("connect", "a whole number of steps to work ahead", ahead);
  }
  return new Page<OptionsOf<J>, StepOf<J>>(worker, ahead).connection;
}

/** The page's side of a port. */
class Page<Options, Step> {
  readonly connection: Connection<Options, Step>;
  readonly #port: Port;
  readonly #runs = new Map<string, RemoteRun<Step>>();
  /** What waits for the worker to be ready; null when it is. */
  #outbox: Request[] | null = [];
  #failure: JobError | null = null;
  #count = 0;
  /** Two pages of one port tell their runs apart by it. */
  readonly #name = Math.random().toString(36).slice(2);

  constructor(port: Port, ahead: number) {
    this.#port = port;
    const start = (options: Options, signal?: AbortSignal) => this.#start(options, signal, ahead);
    const close = () => {
      this.#fail(new JobError("the worker was closed", "connect to a new one"));
      closePort(port);
    };
    this.connection = Object.assign(start, { close });
    listen(port, {
      message: (data) => this.#receive(data),
      gone: (what, cause) => {
        this.#fail(new JobError(`the worker is gone: ${what}`, "mend that, and connect to a new one", cause));
      },
    });
    port.postMessage(sealed<Request>({ kind: "hello" }), []);
  }

  #start(options: Options, signal: AbortSignal | undefined, ahead: number): Run<Step> {
    const run = `${this.#name}:${this.#count++}`;
    const remote = new RemoteRun<Step>(run, (request) => this.#send(request), signal);
    if (signal?.aborted) remote.fail(signal.reason);
    else if (this.#failure) remote.fail(this.#failure);
    else {
      this.#runs.set(run, remote);
      try {
        this.#send({ kind: "run", run, options, ahead });
      } catch (error) {
        this.#runs.delete(run);
        const wanted = `options of numbers, strings, typed arrays and plain objects of them (${error})`;
        remote.fail(new ArgumentError("connect", wanted, options));
      }
    }
    return remote;
  }

  #receive(data: unknown): void {
    const reply = opened<Reply>(data, REPLIES);
    if (reply?.kind === "ready") {
      const waiting = this.#outbox ?? [];
      this.#outbox = null;
      for (const request of waiting) this.#send(request);
    } else if (reply) {
      this.#runs.get(reply.run)?.handle(reply);
      if (reply.kind === "end" || reply.kind === "error") this.#runs.delete(reply.run);
    }
  }

  #send(request: Request): void {
    if (this.#failure) return;
    if (this.#outbox) this.#outbox.push(structuredClone(request));
    else this.#port.postMessage(sealed(request), []);
  }

  #fail(error: JobError): void {
    this.#failure ??= error;
    for (const run of this.#runs.values()) run.fail(this.#failure);
    this.#runs.clear();
  }
}

import { JobError } from "../errors.ts";
import type { NamedBytes } from "./job.ts";
import type { Reply, Request } from "./messages.ts";
import { packThrown, unpackThrown } from "./packedThrown.ts";

/** A run of a job, as the page sees it: the job's own async iterable, and its buttons. */
export interface Run<Step> extends AsyncIterableIterator<Step> {
  /** Whether the job rests between two steps until `resume`. */
  readonly paused: boolean;
  pause(): void;
  resume(): void;
  /**
   * Stops the job and resolves when it has ended and cleaned up; the iteration then ends without an error. Leaving
   * `for await` early does the same.
   */
  stop(): Promise<void>;
  /**
   * The files that the job makes where it stands, between two steps. Inside the body of `for await` that is the step
   * at hand, unless the job may work ahead.
   *
   * @throws JobError when the job offers none, or ends before it has made them
   */
  checkpoint(): Promise<NamedBytes>;
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Null where there is no error; an object, since anything can be thrown, undefined too. */
type Failure = { readonly error: unknown } | null;

/** `Run` over messages. It holds the steps that have come and the callers that wait; never both. */
export class RemoteRun<Step> implements Run<Step> {
  paused = false;
  readonly #run: string;
  readonly #post: (request: Request) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #arrived: Step[] = [];
  readonly #waiting: Waiting<IteratorResult<Step, undefined>>[] = [];
  readonly #requests = new Map<number, Waiting<NamedBytes>>();
  readonly #ended: Promise<void>;
  #markEnded: () => void = () => {};
  #isEnded = false;
  #isStopping = false;
  #failure: Failure = null;
  #requestCount = 0;

  constructor(run: string, post: (request: Request) => void, signal: AbortSignal | undefined) {
    this.#run = run;
    this.#post = post;
    this.#signal = signal;
    this.#ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
    signal?.addEventListener("abort", this.#onAbort);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Step, undefined>> {
    if (!this.#isEnded) this.#post({ kind: "pull", run: this.#run });
    if (this.#arrived.length > 0) return Promise.resolve({ done: false, value: this.#arrived.shift()! });
    if (!this.#isEnded) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const failure = this.#failure;
    this.#failure = null;
    return failure ? Promise.reject(failure.error) : Promise.resolve({ done: true, value: undefined });
  }

  async return(): Promise<IteratorResult<Step, undefined>> {
    await this.stop();
    this.#arrived.length = 0;
    return this.next();
  }

  pause(): void {
    if (this.#isEnded || this.paused) return;
    this.paused = true;
    this.#post({ kind: "pause", run: this.#run });
  }

  resume(): void {
    if (this.#isEnded || !this.paused) return;
    this.paused = false;
    this.#post({ kind: "resume", run: this.#run });
  }

  stop(): Promise<void> {
    this.#requestStop(new DOMException("The run was stopped", "AbortError"));
    return this.#ended;
  }

  checkpoint(): Promise<NamedBytes> {
    if (this.#isEnded) return Promise.reject(endedTooEarly());
    const request = this.#requestCount++;
    this.#post({ kind: "checkpoint", run: this.#run, request });
    return new Promise((resolve, reject) => this.#requests.set(request, { resolve, reject }));
  }

  /** Takes what the worker says about this run. */
  handle(reply: Exclude<Reply, { kind: "ready" }>): void {
    if (this.#isEnded) return;
    if (reply.kind === "step") this.#deliver(reply.value as Step);
    else if (reply.kind === "end") this.#end(null);
    else if (reply.kind === "error") this.#end({ error: unpackThrown(reply.error) });
    else {
      const waiting = this.#requests.get(reply.request);
      this.#requests.delete(reply.request);
      if (reply.kind === "files") waiting?.resolve(reply.files);
      else waiting?.reject(unpackThrown(reply.error));
    }
  }

  /** Ends the run without the worker, which is gone. */
  fail(error: unknown): void {
    if (!this.#isEnded) this.#end({ error });
  }

  readonly #onAbort = (): void => this.#requestStop(this.#signal?.reason);

  #requestStop(reason: unknown): void {
    if (this.#isEnded || this.#isStopping) return;
    this.#isStopping = true;
    this.#post({ kind: "stop", run: this.#run, reason: packThrown(reason) });
  }

  #deliver(step: Step): void {
    if (this.#isStopping) return;
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ done: false, value: step });
    else this.#arrived.push(step);
  }

  /** An aborted signal's reason is thrown, as `train` itself throws it. */
  #end(failure: Failure): void {
    const signal = this.#signal;
    signal?.removeEventListener("abort", this.#onAbort);
    this.#isEnded = true;
    this.paused = false;
    this.#failure = failure ?? (signal?.aborted ? { error: signal.reason } : null);
    for (const { resolve, reject } of this.#waiting.splice(0)) this.next().then(resolve, reject);
    for (const { reject } of this.#requests.values()) reject(failure ? failure.error : endedTooEarly());
    this.#requests.clear();
    this.#markEnded();
  }
}

function endedTooEarly(): JobError {
  return new JobError("checkpoint: the job has ended", "ask for it while the job runs, or is paused");
}

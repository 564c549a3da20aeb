import { ArgumentError, JobError } from "../errors.ts";
import type { Job, JobContext, NamedBytes } from "./job.ts";
import type { Reply, Request } from "./messages.ts";
import { packThrown, unpackThrown } from "./packedThrown.ts";

type RunRequest = Extract<Request, { kind: "run" }>;
type Ended = Promise<void>;
type Post = (reply: Reply, transfer?: ArrayBuffer[]) => void;

/** One run of a job on the worker's side: it works as far as the page has asked for steps, and no further. */
export class RunningJob {
  /** Resolves when the job has ended and cleaned up; the page has been told then. */
  readonly ended: Ended;
  readonly #run: string;
  readonly #post: Post;
  readonly #stop = new AbortController();
  /** Steps that the page has asked for and that are not begun. */
  #wanted: number;
  #paused = false;
  /** Checkpoints that the page has asked for. */
  readonly #requests: number[] = [];
  #makeCheckpoint: Parameters<JobContext["offerCheckpoint"]>[0] | null = null;
  #wake: () => void = () => {};

  /** Begins when `before` has ended. */
  constructor(job: Job<unknown, unknown>, { run, options, ahead }: RunRequest, before: Ended, post: Post) {
    this.#run = run;
    this.#post = post;
    this.#wanted = ahead;
    this.ended = before
      .then(() => this.#work(job, options))
      .then(
        () => post({ kind: "end", run }),
        (error) => this.#fail(error),
      );
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  handle(request: Request): void {
    if (request.kind === "pull") this.#wanted++;
    if (request.kind === "pause") this.#paused = true;
    if (request.kind === "resume") this.#paused = false;
    if (request.kind === "checkpoint") this.#requests.push(request.request);
    if (request.kind === "stop") this.#stop.abort(unpackThrown(request.reason));
    this.#wake();
  }

  async #work(job: Job<unknown, unknown>, options: unknown): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const steps = await job(options, signal, {
      offerCheckpoint: (make) => {
        this.#makeCheckpoint = make;
      },
    });
    if (typeof steps?.[Symbol.asyncIterator] !== "function") {
      throw new ArgumentError("expose", "a job that gives an async iterable", steps);
    }
    if (!(await this.#turn())) return;
    for await (const step of steps) {
      if (signal.aborted) return;
      this.#postStep(step);
      if (!(await this.#turn())) return;
    }
  }

  /** Waits until the next step is wanted; false where none is any more. Here, between two steps, checkpoints are made. */
  async #turn(): Promise<boolean> {
    for (;;) {
      const request = this.#requests.shift();
      if (request !== undefined) await this.#checkpoint(request);
      else if (this.stopping) return false;
      else if (this.#wanted > 0 && !this.#paused) {
        this.#wanted--;
        return true;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #postStep(value: unknown): void {
    try {
      this.#post({ kind: "step", run: this.#run, value });
    } catch (error) {
      const wanted = `a step of numbers, strings, typed arrays and plain objects of them (${error})`;
      throw new ArgumentError("expose", wanted, value);
    }
  }

  async #checkpoint(request: number): Promise<void> {
    const run = this.#run;
    try {
      if (this.#makeCheckpoint === null) {
        throw new JobError(
          "the job offers no checkpoint",
          "call offerCheckpoint in it before its first step",
        );
      }
      const files = ownBuffers(await this.#makeCheckpoint());
      const buffers = Object.values(files).map(({ buffer }) => buffer);
      this.#post({ kind: "files", run, request, files }, buffers);
    } catch (error) {
      this.#post({ kind: "refusal", run, request, error: packThrown(error) });
    }
  }

  /** An error that only says that the job was stopped is no error. */
  #fail(error: unknown): void {
    const { signal } = this.#stop;
    const run = this.#run;
    const isStop = signal.aborted && (error === signal.reason || (error as Error)?.name === "AbortError");
    this.#post(isStop ? { kind: "end", run } : { kind: "error", run, error: packThrown(error) });
  }
}

/** Files that each have a buffer to themselves, which may then move: bytes within a longer or a shared one are copied. */
function ownBuffers(files: NamedBytes): Record<string, Uint8Array<ArrayBuffer>> {
  const taken = new Set<ArrayBufferLike>();
  const owned = Object.entries(files).map(([name, bytes]) => {
    const { buffer, byteLength } = bytes;
    const alone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && !taken.has(buffer);
    taken.add(buffer);
    return [name, alone ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()] as const;
  });
  return Object.fromEntries(owned);
}

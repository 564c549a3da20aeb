/** Files of a checkpoint by name, as `writeCheckpoint` makes them. */
export type NamedBytes = Readonly<Record<string, Uint8Array>>;

/** What a job can do for the page beside yielding steps. */
export interface JobContext {
  /**
   * Says how a checkpoint is made. The page may ask for one at any time; it is made between two steps, never in
   * the middle of one. The bytes are given away: their buffers move to the page and are empty here afterwards.
   */
  offerCheckpoint(make: () => NamedBytes | PromiseLike<NamedBytes>): void;
}

/**
 * What a worker does for a page. Options and steps are what structured cloning can copy: numbers, strings, plain
 * objects, typed arrays; no tensors, no functions.
 */
export type Job<Options, Step> = (
  options: Options,
  signal: AbortSignal,
  context: JobContext,
) => AsyncIterable<Step> | PromiseLike<AsyncIterable<Step>>;

/** Any job: what `connect<typeof job>` accepts. */
export type AnyJob = Job<never, unknown>;

export type OptionsOf<J extends AnyJob> = Parameters<J>[0];

export type StepOf<J extends AnyJob> =
  Awaited<ReturnType<J>> extends AsyncIterable<infer Step> ? Step : never;

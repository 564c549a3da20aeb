/**
 * What the threads of a pool agree on, in one shared block of its own (the tensors' memory moves when it
 * grows):
 *
 *   words, Int32Array             a cache line for each, so that spinning on one slows down no other
 *   remaining                     tasks that nobody has claimed yet
 *   finished                      tasks that are done, or failed
 *   …
 *   states                        one word for each worker
 *
 *   data, Float64Array            exact for pointers, sizes and f64 constants alike
 *   0 … 2                         how many tasks, the workers' scratch, bytes of it for each worker
 *   3 … 3 + tasks                 where each task begins, and where the last one ends
 *   …                             calls: kernel, argument that is scratch (or -1), number of arguments, arguments
 *
 * Whoever makes `remaining` one less has claimed a task of the present job, even with a value read long ago:
 * the data cannot change before that task is finished. So a job needs no name, and a worker that wakes late
 * finds nothing or something real.
 */
export const WORD = {
  remaining: 0,
  finished: 16,
  /** Changes with every call to wake up. */
  wake: 32,
  sleepers: 48,
  joined: 64,
  /** Tasks of the present job in whose middle a worker died. */
  failed: 80,
  /** Whether the caller sleeps until `finished` changes. */
  callerSleeps: 96,
  stop: 112,
  states: 128,
} as const;

/** Of a worker. */
export const STATE = { absent: 0, awake: 1, asleep: 2 } as const;

/** Most threads of a pool. */
export const MOST_THREADS = 256;
export const CONTROL_WORDS = WORD.states + MOST_THREADS;

/** Numbers of a job's data: about a thousand calls of attention. A larger job is handed out in several. */
export const DATA_NUMBERS = 2 ** 15;
export const DATA_HEADER = 3;
export const CALL_HEADER = 3;

/** The shared block, and both views of it. */
export interface Control {
  readonly block: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly data: Float64Array;
}

export function makeControl(): Control {
  const block = new SharedArrayBuffer(4 * CONTROL_WORDS + 8 * DATA_NUMBERS);
  return {
    block,
    words: new Int32Array(block, 0, CONTROL_WORDS),
    data: new Float64Array(block, 4 * CONTROL_WORDS, DATA_NUMBERS),
  };
}

/** Claims a task of the present job: its number, or -1 where none is left. */
export function claim({ words, data }: Control): number {
  for (;;) {
    const left = Atomics.load(words, WORD.remaining);
    if (left <= 0) return -1;
    if (Atomics.compareExchange(words, WORD.remaining, left, left - 1) === left) return data[0]! - left;
  }
}

/**
 * Takes a worker that has left off the books. Its own last act, or the caller's when it learns of the end.
 */
export function strike({ words }: Control, worker: number): void {
  const state = Atomics.exchange(words, WORD.states + worker, STATE.absent);
  if (state !== STATE.absent) Atomics.sub(words, WORD.joined, 1);
  if (state === STATE.asleep) Atomics.sub(words, WORD.sleepers, 1);
}

import { currentPlatform } from "./default.ts";

/** Milliseconds of work after which timers, clicks and signals get their turn. */
const BREATH_MS = 16;

/** Lets a long computation breathe: call `take` between steps. */
export class Breath {
  #last = currentPlatform().now();

  /** Yields a macrotask if enough time has passed since the last one, and throws the signal's reason if it was aborted. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const platform = currentPlatform();
    if (platform.now() - this.#last < BREATH_MS && !platform.clockStands) return;
    await platform.breathe();
    this.#last = platform.now();
    signal?.throwIfAborted();
  }
}

/** 128 + SIGINT. */
export const INTERRUPTED = 130;

/**
 * One press of Ctrl-C may arrive twice: the terminal sends it to every process, and npm passes on its own. What comes so soon after the
 * first is the same press.
 */
const SAME_PRESS_MS = 400;

export interface Interrupt {
  /** Whether somebody wants the work to end after the step under way. */
  readonly asked: boolean;
  /** Stops listening. */
  stop(): void;
}

/** Listens for Ctrl-C. The first one asks; a second one cleans up the screen and ends the process at once. */
export function watchInterrupt(cleanUp: () => void): Interrupt {
  let firstAt = Number.POSITIVE_INFINITY;
  const onInterrupt = (): void => {
    const now = performance.now();
    if (now - firstAt > SAME_PRESS_MS) {
      cleanUp();
      process.exit(INTERRUPTED);
    }
    firstAt = Math.min(firstAt, now);
  };
  process.on("SIGINT", onInterrupt);
  return {
    get asked() {
      return Number.isFinite(firstAt);
    },
    stop: () => process.removeListener("SIGINT", onInterrupt),
  };
}

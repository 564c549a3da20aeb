import { createRuntime, defaultRuntime, setDefaultRuntime } from "../runtime/default.ts";
import { threads } from "../threads/index.ts";

/** Of the commands that compute. */
export interface ThreadArguments {
  /** Default: one for each core. */
  readonly threads?: number;
}

/** A command that runs on a runtime of its own, whose threads end with it. */
export function onThreads<Arguments>(
  command: (given: Arguments) => Promise<number>,
): (given: Arguments & ThreadArguments) => Promise<number> {
  return async (given) => {
    const before = defaultRuntime();
    const runtime = createRuntime({ threads: threads(given.threads) });
    setDefaultRuntime(runtime);
    try {
      return await command(given);
    } finally {
      setDefaultRuntime(before);
      runtime.dispose();
    }
  };
}

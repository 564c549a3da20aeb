import { Bench } from "tinybench";
import type { Clock } from "./clock.ts";

/** How long to measure. */
export interface Effort {
  readonly clock: Clock;
  /** Milliseconds of measuring. */
  readonly time: number;
  /** Samples at least, however long they take. */
  readonly iterations: number;
}

/**
 * Milliseconds of single calls, one per sample. Calls shorter than the clock sees are measured in batches, so every sample is an average
 * then.
 */
export async function sample(run: () => void | Promise<void>, effort: Effort): Promise<readonly number[]> {
  const { clock, time, iterations } = effort;
  const batch = await batchSize(run, clock);
  const task = async () => {
    for (let i = 0; i < batch; i++) await run();
  };
  const syncTask = () => {
    for (let i = 0; i < batch; i++) run();
  };
  const isAsync = run.constructor.name === "AsyncFunction";
  const bench = new Bench({
    now: clock.now,
    time,
    iterations,
    warmup: false,
    retainSamples: true,
    throws: true,
    subtractTimerOverhead: clock.name === "wall",
  });
  bench.add("case", isAsync ? task : syncTask, { async: isAsync });
  if (isAsync) await bench.run();
  else bench.runSync();
  const { result } = bench.tasks[0]!;
  if (!("latency" in result)) throw new Error(`the benchmark ended as ${result.state}`);
  return (result.latency.samples ?? []).map((milliseconds) => milliseconds / batch);
}

async function batchSize(run: () => void | Promise<void>, { now, shortest }: Clock): Promise<number> {
  let batch = 0;
  const start = now();
  do {
    await run();
    batch++;
  } while (now() - start < shortest);
  return batch;
}

import { type Case, idOf } from "./case.ts";
import { runBench } from "./child.ts";
import { median } from "./statistics.ts";

/** A case in a process that has just begun, in milliseconds. */
export interface Cold {
  readonly first: number;
  /** Around the hundredth call, or the last before a second is over. */
  readonly hundredth: number;
}

const CALLS = 105;
const AROUND_THE_HUNDREDTH = 10;
const MILLISECONDS = 1000;

/** Runs in the fresh process: the first calls of a case, one by one. */
export async function firstCalls(one: Case): Promise<Cold> {
  const { run } = one.prepare();
  const times: number[] = [];
  const start = performance.now();
  while (times.length < CALLS && performance.now() - start < MILLISECONDS) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  return { first: times[0]!, hundredth: median(times.slice(-AROUND_THE_HUNDREDTH)) };
}

/** The case in three fresh processes; the medians. */
export async function cold(one: Case): Promise<Cold> {
  const runs: Cold[] = [];
  for (let i = 0; i < 3; i++) {
    const document = await runBench(process.execPath, process.argv[1]!, ["--first", idOf(one)]);
    runs.push(document as Cold);
  }
  return {
    first: median(runs.map(({ first }) => first)),
    hundredth: median(runs.map(({ hundredth }) => hundredth)),
  };
}

import { type Case, rateOf } from "./case.ts";
import type { Peaks, Yardstick } from "./peak.ts";
import { type Effort, sample } from "./sample.ts";
import { median, spread } from "./statistics.ts";

/** What a run says about a case. */
export interface Result {
  readonly part: string;
  readonly name: string;
  readonly size: string;
  readonly unit: string;
  readonly rate: number;
  /** The time that the yardstick takes for the same work, over the case's; null where there is no yardstick. */
  readonly share: number | null;
  /** Whether it beats the best that the yardstick has done: then the yardstick is wrong. */
  readonly impossible: boolean;
  readonly milliseconds: number;
  /** Interquartile range as a share of the median. */
  readonly spread: number;
  readonly samples: number;
  /** Largest difference from an f64 computation, as a share of the largest exact value. */
  readonly error: number;
}

export interface MeasureOptions {
  readonly peaks: Peaks;
  /** Yardstick and case take turns so often. */
  readonly rounds: number;
  readonly effort: Effort;
}

/** Milliseconds of running before a case is measured, so that the engine has compiled what it likes to. */
const WARM_UP = 150;
/** A share of the best yardstick above this is not noise. */
const IMPOSSIBLE_SHARE = 1.03;

/** Measures a case between its yardsticks: each round is held against the ones before and after it, so a change of the machine hits both. */
export async function measure(one: Case, { peaks, rounds, effort }: MeasureOptions): Promise<Result> {
  const { run, error } = one.prepare();
  const { now } = effort.clock;
  const deviation = error();
  for (const begin = now(); now() - begin < WARM_UP; ) await run();

  const all: number[] = [];
  const shares: number[] = [];
  const limits = [await limit(peaks, one.yardstick)];
  for (let round = 0; round < rounds; round++) {
    const times = await sample(run, effort);
    limits.push(await limit(peaks, one.yardstick));
    // The better neighbour counts: what disturbs a yardstick shall not flatter the case.
    shares.push(Math.min(...limits.slice(-2)) / median(times));
    all.push(...times);
  }
  const { part, name, size, work, yardstick } = one;
  const milliseconds = median(all);
  return {
    part,
    name,
    size,
    unit: work.unit,
    rate: rateOf(work, milliseconds),
    share: yardstick ? median(shares) : null,
    impossible: Math.min(...limits, peaks.best(yardstick)) > IMPOSSIBLE_SHARE * milliseconds,
    milliseconds,
    spread: spread(all),
    samples: all.length,
    error: deviation,
  };
}

async function limit(peaks: Peaks, yardstick: Yardstick | null): Promise<number> {
  return yardstick ? peaks.milliseconds(yardstick) : 0;
}

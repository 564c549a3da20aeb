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
  /** Whether it beats its yardstick: then that one is wrong. */
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
/** Milliseconds of a turn, at least: so short that neither the case nor its yardstick has the caches for itself. */
const TURN = 4;

/**
 * Measures a case between its yardsticks, in turns of one length: each is held against the ones before and after it, so a change of the
 * machine hits both.
 */
export async function measure(one: Case, { peaks, rounds, effort }: MeasureOptions): Promise<Result> {
  const { run, error } = one.prepare();
  const { now } = effort.clock;
  const deviation = error();
  const begin = now();
  let calls = 0;
  for (; now() - begin < WARM_UP; calls++) await run();
  const inRound = Math.max(1, Math.floor(effort.time / Math.max(TURN, (3 * WARM_UP) / calls)));
  const turn = { ...effort, time: effort.time / inRound };

  const all: number[] = [];
  const shares: number[] = [];
  const limits = [await limit(peaks, one.yardstick, turn)];
  for (let i = 0; i < rounds * inRound; i++) {
    const times = await sample(run, turn);
    limits.push(await limit(peaks, one.yardstick, turn));
    // The better neighbour counts: what disturbs a yardstick shall not flatter the case.
    shares.push(Math.min(...limits.slice(-2)) / median(times));
    all.push(...times);
  }
  const { part, name, size, work, yardstick } = one;
  const milliseconds = median(all);
  const share = yardstick ? median(shares) : null;
  return {
    part,
    name,
    size,
    unit: work.unit,
    rate: rateOf(work, milliseconds),
    share,
    impossible: share !== null && share > 1,
    milliseconds,
    spread: spread(all),
    samples: all.length,
    error: deviation,
  };
}

async function limit(peaks: Peaks, yardstick: Yardstick | null, turn: Effort): Promise<number> {
  return yardstick ? peaks.milliseconds(yardstick, turn) : 0;
}

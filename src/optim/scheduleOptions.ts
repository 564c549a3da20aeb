import { ArgumentError } from "../errors.ts";

/** What trainer.json keeps of a schedule. */
export interface ScheduleState {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Schedule extends ScheduleState {
  /** The learning rate of the update that follows `step` completed ones. */
  at(step: number): number;
  toJSON(): ScheduleState;
}

export interface ConstantOptions {
  readonly rate: number;
}

export interface LinearOptions {
  readonly from: number;
  /** Reached after `steps`, and kept. */
  readonly to: number;
  readonly steps: number;
}

export interface StepOptions {
  readonly rate: number;
  /** What the rate is multiplied with at each drop. */
  readonly factor: number;
  /** Steps from one drop to the next, or a list of the steps at which the rate drops. */
  readonly every: number | readonly number[];
}

export interface ExponentialOptions {
  readonly rate: number;
  /** What the rate is multiplied with after each step. */
  readonly factor: number;
}

export interface CosineOptions {
  readonly peak: number;
  /** Reached after `steps`, and kept. Default 0. */
  readonly minimum?: number;
  /** The horizon, warm-up included. */
  readonly steps: number;
  /** Steps of linear warm-up before the peak. Default 0. */
  readonly warmup?: number;
}

export interface OneCycleOptions {
  readonly peak: number;
  readonly steps: number;
  /**
   * The part of all steps in which the rate rises, between 0 and 1; at most a half with three phases. Default
   * 0.3.
   */
  readonly riseShare?: number;
  /** The first rate is peak / startDivisor. Default 25. */
  readonly startDivisor?: number;
  /** The last rate is the first one / endDivisor. Default 10,000. */
  readonly endDivisor?: number;
  /** How the rate goes from one value to the next. Default cosine. */
  readonly shape?: "cosine" | "linear";
  /**
   * 2: rise, fall to the last rate. 3: rise, fall to the first rate equally long, fall to the last. Default
   * 2.
   */
  readonly phases?: 2 | 3;
}

export interface WarmupStableDecayOptions {
  readonly peak: number;
  /** Steps of linear warm-up. */
  readonly warmup: number;
  /** Steps at the peak. */
  readonly stable: number;
  /** Steps of decay. */
  readonly decay: number;
  /** Reached after the decay, and kept. Default 0. */
  readonly minimum?: number;
  /** How the rate decays. Default linear. */
  readonly shape?: "cosine" | "linear";
}

export interface WarmupOptions {
  readonly steps: number;
  readonly schedule: Schedule;
}

/** The options of each schedule with their defaults filled in. */
export interface CompleteOptions {
  constant: ConstantOptions;
  linear: LinearOptions;
  step: StepOptions;
  exponential: ExponentialOptions;
  cosine: Required<CosineOptions>;
  oneCycle: Required<OneCycleOptions>;
  warmupStableDecay: Required<WarmupStableDecayOptions>;
  warmup: WarmupOptions;
}

export type ScheduleName = keyof CompleteOptions;

/** What an option may be, and what it is where it is left out. */
interface Field {
  readonly wanted: string;
  readonly fallback?: unknown;
  holds(value: unknown): boolean;
}

type Fields = { readonly [N in ScheduleName]: { readonly [K in keyof CompleteOptions[N]]: Field } };

const isWhole = (value: unknown, least: number) => Number.isSafeInteger(value) && (value as number) >= least;

const isRising = (list: readonly unknown[]) =>
  list.length > 0 && list.every((value, i) => isWhole(value, i === 0 ? 0 : (list[i - 1] as number) + 1));

const rate: Field = {
  wanted: "a rate from 0 on",
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};
const factor: Field = {
  wanted: "a number above 0",
  holds: (value) => Number.isFinite(value) && (value as number) > 0,
};
const steps: Field = { wanted: "a whole number from 1 on", holds: (value) => isWhole(value, 1) };
const count: Field = { wanted: "a whole number from 0 on", holds: (value) => isWhole(value, 0) };
const every: Field = {
  wanted: "a whole number from 1 on or a rising list of steps",
  holds: (value) => (Array.isArray(value) ? isRising(value) : isWhole(value, 1)),
};
const share: Field = {
  wanted: "a number between 0 and 1",
  holds: (value) => typeof value === "number" && value > 0 && value < 1,
};
const shape: Field = {
  wanted: '"cosine" or "linear"',
  holds: (value) => value === "cosine" || value === "linear",
};
const phases: Field = { wanted: "2 or 3", holds: (value) => value === 2 || value === 3 };
const schedule: Field = {
  wanted: "a schedule",
  holds: (value) => typeof (value as Schedule | undefined)?.at === "function",
};

const fields: Fields = {
  constant: { rate },
  linear: { from: rate, to: rate, steps },
  step: { rate, factor, every },
  exponential: { rate, factor },
  cosine: {
    peak: rate,
    minimum: { ...rate, fallback: 0 },
    steps,
    warmup: { ...count, fallback: 0 },
  },
  oneCycle: {
    peak: rate,
    steps,
    riseShare: { ...share, fallback: 0.3 },
    startDivisor: { ...factor, fallback: 25 },
    endDivisor: { ...factor, fallback: 10_000 },
    shape: { ...shape, fallback: "cosine" },
    phases: { ...phases, fallback: 2 },
  },
  warmupStableDecay: {
    peak: rate,
    warmup: count,
    stable: count,
    decay: count,
    minimum: { ...rate, fallback: 0 },
    shape: { ...shape, fallback: "linear" },
  },
  warmup: { steps: count, schedule },
};

export const scheduleNames = /* @__PURE__ */ Object.keys(fields) as readonly ScheduleName[];

/** The options with their defaults, frozen. An unknown one, or one out of its range, is an ArgumentError. */
export function completeOptions<N extends ScheduleName>(name: N, given: object): CompleteOptions[N] {
  const known: Readonly<Record<string, Field>> = fields[name];
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined)
    throw new ArgumentError(name, `options ${Object.keys(known).join(", ")}`, unknown);
  const complete: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(known)) {
    const value = (given as Readonly<Record<string, unknown>>)[key] ?? field.fallback;
    if (!field.holds(value)) throw new ArgumentError(name, `${field.wanted} as ${key}`, value);
    complete[key] = Array.isArray(value) ? Object.freeze([...value]) : value;
  }
  if (complete.phases === 3 && (complete.riseShare as number) > 0.5) {
    throw new ArgumentError(name, "a riseShare of 0.5 at most with three phases", complete.riseShare);
  }
  return Object.freeze(complete) as unknown as CompleteOptions[N];
}

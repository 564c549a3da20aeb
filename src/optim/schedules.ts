/**
 * Learning rates as functions of the step. A schedule is immutable and has no state of its own: `at(step)` is
 * the rate of the update that follows `step` completed ones, so a resumed training needs to know nothing but
 * the step.
 */
import { ArgumentError, FormatError } from "../errors.ts";
import { cos, pow } from "../math.ts";
import {
  type CompleteOptions,
  type ConstantOptions,
  type CosineOptions,
  completeOptions,
  type ExponentialOptions,
  type LinearOptions,
  type OneCycleOptions,
  type Schedule,
  type ScheduleName,
  type ScheduleState,
  type StepOptions,
  scheduleNames,
  type WarmupStableDecayOptions,
} from "./scheduleOptions.ts";

export type { Schedule, ScheduleState } from "./scheduleOptions.ts";

/** Always the same rate. */
export const constant = (options: ConstantOptions): Schedule => build("constant", options);

/** A straight line from one rate to another. */
export const linear = (options: LinearOptions): Schedule => build("linear", options);

/** The rate is multiplied with a factor every so many steps, or at given ones. */
export const step = (options: StepOptions): Schedule => build("step", options);

/** rate · factor^step */
export const exponential = (options: ExponentialOptions): Schedule => build("exponential", options);

/** Linear warm-up to the peak, then half a cosine down to the minimum, as nanoGPT has it. */
export const cosine = (options: CosineOptions): Schedule => build("cosine", options);

/** Smith & Topin 2018, "Super-Convergence", with the meaning of PyTorch's OneCycleLR. */
export const oneCycle = (options: OneCycleOptions): Schedule => build("oneCycle", options);

/** Hu et al. 2024, "MiniCPM", section 4: the decay may begin whenever one wants a finished model. */
export const warmupStableDecay = (options: WarmupStableDecayOptions): Schedule =>
  build("warmupStableDecay", options);

/** So many steps of linear warm-up to the first rate of a schedule, which begins after them. */
export const warmup = (steps: number, schedule: Schedule): Schedule => build("warmup", { steps, schedule });

/** The schedule that a `toJSON` described. Anything else is refused. */
export function scheduleFromJSON(state: unknown, file = "schedule"): Schedule {
  const fail = (rule: string): never => {
    throw new FormatError(file, "schedule", rule);
  };
  if (typeof state !== "object" || state === null) return fail("wanted an object");
  const { name: given, options, ...others } = state as Record<string, unknown>;
  const [unknownKey] = Object.keys(others);
  if (unknownKey !== undefined) return fail(`unknown key ${JSON.stringify(unknownKey)}`);
  const name = scheduleNames.find((known) => known === given);
  if (name === undefined) return fail(`name must be one of ${scheduleNames.join(", ")}`);
  if (typeof options !== "object" || options === null) return fail("options must be an object");
  const { schedule } = options as Record<string, unknown>;
  const inner = name === "warmup" ? { schedule: scheduleFromJSON(schedule, file) } : {};
  try {
    return build(name, { ...options, ...inner });
  } catch (error) {
    if (error instanceof ArgumentError) return fail(error.message);
    throw error;
  }
}

/** The rate of each schedule as a function of the number of completed steps. */
const rates: { readonly [N in ScheduleName]: (options: CompleteOptions[N], step: number) => number } = {
  constant: ({ rate }) => rate,
  linear: ({ from, to, steps }, step) => between(from, to, step / steps, "linear"),
  step: ({ rate, factor, every }, step) => {
    const drops =
      typeof every === "number" ? Math.floor(step / every) : every.filter((at) => at <= step).length;
    return rate * pow(factor, drops);
  },
  exponential: ({ rate, factor }, step) => rate * pow(factor, step),
  cosine: ({ peak, minimum, steps, warmup }, step) => {
    if (step < warmup) return warming(peak, step, warmup);
    if (step >= steps) return minimum;
    return between(peak, minimum, (step - warmup) / (steps - warmup), "cosine");
  },
  oneCycle: oneCycleRate,
  warmupStableDecay: ({ peak, warmup, stable, decay, minimum, shape }, step) => {
    if (step < warmup) return warming(peak, step, warmup);
    if (step < warmup + stable) return peak;
    return between(peak, minimum, (step - warmup - stable) / decay, shape);
  },
  warmup: ({ steps, schedule }, step) =>
    step < steps ? warming(schedule.at(0), step, steps) : schedule.at(step - steps),
};

/**
 * PyTorch lets each phase end one step before the count is full, so that the last rate is used by the last
 * step.
 */
function oneCycleRate(options: CompleteOptions["oneCycle"], step: number): number {
  const { peak, steps, riseShare, startDivisor, endDivisor, shape, phases } = options;
  const first = peak / startDivisor;
  const last = first / endDivisor;
  const risen = riseShare * steps - 1;
  if (step <= risen) return between(first, peak, step / risen, shape);
  if (phases === 2) return between(peak, last, (step - risen) / (steps - 1 - risen), shape);
  const fallen = 2 * risen;
  if (step <= fallen) return between(peak, first, (step - risen) / (fallen - risen), shape);
  return between(first, last, (step - fallen) / (steps - 1 - fallen), shape);
}

/**
 * Neither the first step nor the last one of a warm-up is lost: the rate is never 0, and the peak comes after
 * it.
 */
const warming = (peak: number, step: number, steps: number) => (peak * (step + 1)) / (steps + 1);

/**
 * From one rate to another as progress goes from 0 to 1. NaN, as through a part without steps, is past the
 * end.
 */
function between(from: number, to: number, progress: number, shape: "cosine" | "linear"): number {
  if (!(progress < 1)) return to;
  if (shape === "linear") return from + (to - from) * progress;
  return to + (from - to) * 0.5 * (1 + cos(Math.PI * progress));
}

function build<N extends ScheduleName>(name: N, given: object): Schedule {
  const options = completeOptions(name, given);
  const rate = rates[name];
  return Object.freeze({
    name,
    options: options as unknown as ScheduleState["options"],
    at(step: number): number {
      if (!Number.isSafeInteger(step) || step < 0) {
        throw new ArgumentError(`${name}.at`, "a number of completed steps", step);
      }
      return rate(options, step);
    },
    toJSON: () => ({ name, options: plainOptions(options) }),
  });
}

/** The options with nested schedules as their states. */
function plainOptions(options: object): ScheduleState["options"] {
  const plain = Object.entries(options).map(([key, value]) => [
    key,
    key === "schedule" ? value.toJSON() : value,
  ]);
  return Object.fromEntries(plain);
}

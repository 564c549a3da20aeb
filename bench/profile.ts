import { defaultRuntime, type Runtime } from "lanegrad";
import { type Clock, clocks } from "./clock.ts";
import { median } from "./statistics.ts";

/** What a step spends where. Times in microseconds, medians over many steps. */
export interface Profile {
  readonly name: string;
  readonly kernels: readonly KernelTime[];
  readonly kernelTime: number;
  /** What is spent outside of kernels. */
  readonly overhead: number;
  readonly recordedOps: number;
  readonly kernelCalls: number;
  readonly overheadPerOp: number;
}

export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  readonly time: number;
  readonly share: number;
}

/** The kernel calls of a step: when it began, when each call began and ended, and when the step ended. */
interface Trace {
  readonly names: readonly string[];
  readonly times: readonly number[];
}

const WARM_UP_STEPS = 200;
const WARM_UP_MILLISECONDS = 1000;
const CLOCK_CALLS = 1000;
/** Milliseconds of a step from which on the scheduler's turns matter more than what reading the processor's clock costs. */
const LONG_STEP = 10;

/**
 * Steps with a timer around every kernel. Nearly all steps make the same calls in the same order, so each call, and each gap between two
 * calls, has its own median: what else the machine did meanwhile does not count. What the timers themselves take is subtracted.
 */
export function profile(name: string, step: () => unknown, steps: number, chosen: Clock): Profile {
  const clock = warmUp(step) > LONG_STEP ? chosen : clocks.wall;
  const recordedOps = countRecorded(step);
  const traces = withTimers(defaultRuntime(), clock, (trace) => {
    for (let i = 0; i < steps / 4; i++) trace(step);
    return ordinary(Array.from({ length: steps }, () => trace(step)));
  });
  const { names } = traces[0]!;
  const tick = clockCost(clock);
  const kernelTimes = names.map((_, call) => between(traces, 2 * call + 1, 2 * call + 2) - tick);
  const gaps = Array.from({ length: names.length + 1 }, (_, gap) => between(traces, 2 * gap, 2 * gap + 1));
  const kernelTime = total(kernelTimes);
  const overhead = total(gaps) - gaps.length * tick;
  return {
    name,
    kernels: byKernel(names, kernelTimes, kernelTime + overhead),
    kernelTime,
    overhead,
    recordedOps,
    kernelCalls: names.length,
    overheadPerOp: overhead / recordedOps,
  };
}

/** Milliseconds of a step once the engine has compiled what it likes to. */
function warmUp(step: () => unknown): number {
  const start = performance.now();
  let steps = 0;
  for (; steps < WARM_UP_STEPS && performance.now() - start < WARM_UP_MILLISECONDS; steps++) step();
  return (performance.now() - start) / steps;
}

/** The steps with as many kernel calls as most have: now and then one clips its gradients, or does not. */
function ordinary(traces: readonly Trace[]): Trace[] {
  const common = median(traces.map(({ names }) => names.length));
  return traces.filter(({ names }) => names.length === Math.floor(common));
}

/** Microseconds from one moment of a step to another. */
function between(traces: readonly Trace[], from: number, to: number): number {
  return median(traces.map(({ times }) => 1000 * (times[to]! - times[from]!)));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function byKernel(names: readonly string[], times: readonly number[], step: number): KernelTime[] {
  const sums = new Map<string, { calls: number; time: number }>();
  names.forEach((kernel, call) => {
    const { calls, time } = sums.get(kernel) ?? { calls: 0, time: 0 };
    sums.set(kernel, { calls: calls + 1, time: time + times[call]! });
  });
  return [...sums]
    .map(([kernel, { calls, time }]) => ({ kernel, calls, time, share: time / step }))
    .sort((a, b) => b.time - a.time);
}

/** Nodes that the tape makes in one step. */
function countRecorded(step: () => unknown): number {
  const runtime = defaultRuntime();
  const before = runtime.nextSequence();
  step();
  return runtime.nextSequence() - before - 1;
}

/** Puts timers around every kernel while `body` runs. */
function withTimers<T>(
  runtime: Runtime,
  { now }: Clock,
  body: (trace: (step: () => unknown) => Trace) => T,
): T {
  const { kernels } = runtime;
  let names: string[] = [];
  let times: number[] = [];
  const timed = Object.entries(kernels).map(([name, kernel]) => {
    const call = kernel as (...all: readonly number[]) => void;
    const timer = (...all: readonly number[]) => {
      names.push(name);
      times.push(now());
      call(...all);
      times.push(now());
    };
    return [name, timer] as const;
  });
  runtime.kernels = Object.fromEntries(timed) as unknown as typeof kernels;
  try {
    return body((step) => {
      names = [];
      times = [now()];
      step();
      times.push(now());
      return { names, times };
    });
  } finally {
    runtime.kernels = kernels;
  }
}

/** Microseconds that reading the clock adds to an interval. */
function clockCost({ now }: Clock): number {
  const start = now();
  for (let i = 0; i < CLOCK_CALLS; i++) now();
  return (1000 * (now() - start)) / CLOCK_CALLS;
}

import { defaultRuntime, type Runtime } from "lanegrad";
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

/** When each kernel call of a step began and ended. */
interface Trace {
  readonly names: string[];
  readonly times: number[];
  readonly total: number;
}

const WARM_UP_STEPS = 200;
const WARM_UP_MILLISECONDS = 1000;
const CLOCK_CALLS = 1000;

/**
 * Steps with a timer around every kernel. A step makes the same calls in the same order each time, so each call, and each gap between two
 * calls, has its own median: what else the machine did meanwhile does not count. What the timers themselves take is subtracted.
 */
export function profile(name: string, step: () => unknown, steps: number): Profile {
  const start = performance.now();
  for (let i = 0; i < WARM_UP_STEPS && performance.now() - start < WARM_UP_MILLISECONDS; i++) step();
  const recordedOps = countRecorded(step);
  const traces = withTimers(defaultRuntime(), (trace) => {
    for (let i = 0; i < steps / 4; i++) trace(step);
    return Array.from({ length: steps }, () => trace(step));
  });
  const { names } = traces[0]!;
  const tick = clockCost();
  const at = (position: number) => traces.map(({ times }) => 1000 * times[position]!);
  const ended = (position: number) => median(at(position));
  const kernelTimes = names.map((_, call) => between(traces, 2 * call, 2 * call + 1) - tick);
  const gaps = names.map(
    (_, call) => (call === 0 ? ended(0) : between(traces, 2 * call - 1, 2 * call)) - tick,
  );
  const last = median(traces.map(({ times, total }) => 1000 * (total - times.at(-1)!)));
  const kernelTime = total(kernelTimes);
  const overhead = total(gaps) + last;
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
function withTimers<T>(runtime: Runtime, body: (trace: (step: () => unknown) => Trace) => T): T {
  const { kernels } = runtime;
  let names: string[] = [];
  let times: number[] = [];
  const timed = Object.entries(kernels).map(([name, kernel]) => {
    const call = kernel as (...all: readonly number[]) => void;
    const timer = (...all: readonly number[]) => {
      names.push(name);
      times.push(performance.now());
      call(...all);
      times.push(performance.now());
    };
    return [name, timer] as const;
  });
  runtime.kernels = Object.fromEntries(timed) as unknown as typeof kernels;
  try {
    return body((step) => {
      names = [];
      times = [];
      const start = performance.now();
      step();
      const stop = performance.now();
      return { names, times: times.map((time) => time - start), total: stop - start };
    });
  } finally {
    runtime.kernels = kernels;
  }
}

/** Microseconds that reading the clock adds to an interval. */
function clockCost(): number {
  const start = performance.now();
  for (let i = 0; i < CLOCK_CALLS; i++) performance.now();
  return (1000 * (performance.now() - start)) / CLOCK_CALLS;
}

import { defaultRuntime, type Runtime } from "lanegrad";
import { type Clock, clocks } from "./clock.ts";
import { median } from "./statistics.ts";

type Kernels = Runtime["kernels"];

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

/** The kernel calls of a step, and when each began and ended. */
interface Trace {
  readonly names: readonly string[];
  readonly times: readonly number[];
}

const WARM_UP_STEPS = 2000;
const WARM_UP_MILLISECONDS = 1000;
const CALIBRATION_CALLS = 64;
const CALIBRATION_RUNS = 300;
/** Milliseconds of a step from which on the scheduler's turns matter more than what reading the processor's clock costs. */
const LONG_STEP = 10;

/**
 * Steps with a timer around every kernel, and before that steps without. Nearly all steps make the same calls in the same order, so each call
 * has its own median: what else the machine did meanwhile does not count. What the timers themselves take is subtracted.
 */
export function profile(name: string, step: () => unknown, steps: number, chosen: Clock): Profile {
  const clock = warmUp(step) > LONG_STEP ? chosen : clocks.wall;
  const recordedOps = countRecorded(step);
  // First the steps without timers: once an engine has seen two sets of kernels, it calls both more slowly.
  const plain = Array.from({ length: steps }, () => untimed(step, clock));
  const recorder = new Recorder(defaultRuntime(), clock);
  const traces = Array.from({ length: steps }, () => recorder.trace(step));
  const alike = ordinary(traces);
  const { names } = alike[0]!;
  const cost = timerCost(recorder);
  const kernelTimes = names.map((_, call) => between(alike, 2 * call, 2 * call + 1) - cost);
  const kernelTime = total(kernelTimes);
  const overhead = 1000 * median(plain) - kernelTime;
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

/** What the timers around kernels write down. */
class Recorder {
  names: string[] = [];
  times: number[] = [];
  readonly #runtime: Runtime;
  readonly #plain: Kernels;
  readonly #timed: Kernels;
  readonly #now: () => number;

  constructor(runtime: Runtime, { now }: Clock) {
    this.#runtime = runtime;
    this.#now = now;
    this.#plain = runtime.kernels;
    const timed = Object.entries(runtime.kernels).map(([name, kernel]) => [name, this.timed(name, kernel)]);
    this.#timed = Object.fromEntries(timed) as Kernels;
  }

  /** The kernel between two looks at the clock. */
  timed(name: string, kernel: (...all: never[]) => void): () => void {
    const recorder = this;
    const now = this.#now;
    return function timer() {
      recorder.names.push(name);
      recorder.times.push(now());
      // biome-ignore lint/complexity/noArguments: forwarding `arguments` costs least, and the cost is what is measured here
      kernel.apply(undefined, arguments as unknown as never[]);
      recorder.times.push(now());
    };
  }

  trace(step: () => unknown): Trace {
    this.#runtime.kernels = this.#timed;
    this.names = [];
    this.times = [];
    try {
      step();
    } finally {
      this.#runtime.kernels = this.#plain;
    }
    return { names: this.names, times: this.times };
  }
}

/** Milliseconds of a step without timers. */
function untimed(step: () => unknown, { now }: Clock): number {
  const start = now();
  step();
  return now() - start;
}

/** Microseconds that a timer adds to what it measures: those of a kernel that does nothing. */
function timerCost(recorder: Recorder): number {
  const nothing = recorder.timed("nothing", () => {});
  const calls = () => {
    for (let i = 0; i < CALIBRATION_CALLS; i++) nothing();
  };
  const traces = Array.from({ length: CALIBRATION_RUNS }, () => recorder.trace(calls));
  return median(
    Array.from({ length: CALIBRATION_CALLS }, (_, call) => between(traces, 2 * call, 2 * call + 1)),
  );
}

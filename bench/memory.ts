import {
  createRuntime,
  estimateMemory,
  memoryStats,
  presets,
  type Runtime,
  scope,
  withRuntime,
} from "lanegrad";
import { nano, type Training, trainingOf } from "./cases/training.ts";
import type { Clock } from "./clock.ts";
import { percent, significant, table } from "./report.ts";
import { median } from "./statistics.ts";

/** Bytes that a training step takes, and what was promised before it. */
export interface Footprint {
  readonly name: string;
  readonly size: string;
  readonly live: number;
  /** What the runtime has taken from the machine. */
  readonly reserved: number;
  readonly estimated: number;
}

/** What running each block again in backward saves and costs, as ratios: without over with, and of time with over without. */
export interface Checkpointing {
  readonly size: string;
  /** What forward keeps for backward. */
  readonly kept: number;
  /** The most that a step takes beside weights and optimizer: activations, logits and gradients. */
  readonly taken: number;
  readonly time: number;
}

export interface MemoryReport {
  readonly footprints: readonly Footprint[];
  readonly checkpointing: Checkpointing;
}

const MIB = 2 ** 20;

/** From the second step on an optimizer has all its state; of the largest model one step is enough. */
const trainings: readonly { name: string; training: Training; steps: number }[] = [
  { name: "nano", training: nano, steps: 2 },
  { name: "shakespeare", training: { config: presets.shakespeare, batch: 4 }, steps: 2 },
  { name: "gpt2", training: { config: presets.gpt2, batch: 1, context: 512 }, steps: 1 },
];

/** As nano, with three times its layers. */
const deep: Training = { config: { ...presets.nano, layers: 12 }, batch: 12 };

/** `rounds`: how often steps with and without checkpoints take turns. */
export function measureMemory(clock: Clock, rounds: number): MemoryReport {
  return { footprints: trainings.map(footprint), checkpointing: checkpointing(clock, rounds) };
}

function footprint({ name, training, steps }: (typeof trainings)[number]): Footprint {
  const { config, batch, context = config.contextLength } = training;
  return inRuntime((runtime) => {
    const { step } = trainingOf(training);
    for (let i = 0; i < steps; i++) step();
    const { peakBytes, reservedBytes } = runtime.memoryStats();
    const estimated = estimateMemory(config, { mode: "training", batch, context }).peak;
    return { name, size: `${batch}×${context}`, live: peakBytes, reserved: reservedBytes, estimated };
  });
}

function inRuntime<T>(body: (runtime: Runtime) => T): T {
  const runtime = createRuntime();
  try {
    return withRuntime(runtime, () => body(runtime));
  } finally {
    runtime.dispose();
  }
}

function checkpointing({ now }: Clock, rounds: number): Checkpointing {
  const plain = memoryOf(deep);
  const again = memoryOf({ ...deep, checkpoint: true });
  const time = inRuntime(() => {
    const steps = [false, true].map((checkpoint) => trainingOf({ ...deep, checkpoint }).step);
    const timed = (step: () => void) => {
      const start = now();
      step();
      return now() - start;
    };
    for (const step of steps) step();
    const ratios = Array.from({ length: 3 * rounds }, () => {
      const [without, withThem] = steps.map(timed);
      return withThem! / without!;
    });
    return median(ratios);
  });
  const { batch, config } = deep;
  const size = `${batch}×${config.contextLength}, ${config.layers} layers of ${config.width}`;
  return { size, kept: plain.kept / again.kept, taken: plain.taken / again.taken, time };
}

function memoryOf(training: Training): { readonly kept: number; readonly taken: number } {
  return inRuntime((runtime) => {
    const { forward, step } = trainingOf(training);
    step();
    runtime.resetPeak();
    step();
    const { peakBytes, liveBytes } = runtime.memoryStats();
    const kept = scope(() => {
      forward();
      return memoryStats().liveBytes - liveBytes;
    });
    return { kept, taken: peakBytes - liveBytes };
  });
}

export function memoryTable({ footprints, checkpointing }: MemoryReport): string {
  const { size, kept, taken, time } = checkpointing;
  return [
    table(
      ["training step", "size", "live MiB", "reserved", "estimated", "live/est.", "reserved/est."],
      footprints.map(({ name, size, live, reserved, estimated }) => [
        name,
        size,
        ...[live, reserved, estimated].map((bytes) => (bytes / MIB).toFixed(0)),
        percent(live / estimated),
        percent(reserved / estimated),
      ]),
    ),
    `checkpoint, ${size}: keeps ${significant(kept)} times less for backward, takes ${significant(taken)} times` +
      ` less beside weights and optimizer, and ${significant(time)} times the time`,
  ].join("\n");
}

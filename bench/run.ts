import { loadavg } from "node:os";
import { defaultRuntime } from "lanegrad";
import { type Case, idOf } from "./case.ts";
import { attentionCases } from "./cases/attention.ts";
import { gemmCases } from "./cases/gemm.ts";
import { generateCases } from "./cases/generating.ts";
import { rowCases } from "./cases/rows.ts";
import { textCases } from "./cases/text.ts";
import { micro, nano, type Training, trainingCase, trainingStep } from "./cases/training.ts";
import { type Cold, cold } from "./cold.ts";
import { measure, type Result } from "./measure.ts";
import { type MemoryReport, measureMemory } from "./memory.ts";
import type { Options } from "./options.ts";
import { Peaks } from "./peak.ts";
import { type Profile, profile } from "./profile.ts";
import { percent } from "./report.ts";
import { type Startup, startup } from "./startup.ts";

export const cases: readonly Case[] = [
  ...gemmCases,
  ...attentionCases,
  ...rowCases,
  trainingCase,
  ...generateCases,
  ...textCases,
];

/** Bytes of the arrays over which bandwidth is shown: of caches, and of memory. */
const SPANS = [256 * 1024, 4 * 2 ** 20, 128 * 2 ** 20];
const STARTS = 15;

/** All that a run measured: the last line of its output. */
export interface Report {
  readonly node: string;
  readonly build: string;
  readonly clock: string;
  /** Programs that wanted to run, the last minute's average, when it began. */
  readonly load: number;
  readonly peak: Machine;
  readonly results: readonly Result[];
  readonly cold: readonly (Cold & { readonly name: string; readonly size: string })[];
  readonly profiles: readonly Profile[];
  readonly memory: MemoryReport | null;
  readonly startup: Startup | null;
}

interface Machine {
  /** GFLOP/s */
  readonly multiplyAdd: number;
  /** Which loop that is, by its number of chains. */
  readonly loop: string;
  /** GB/s over arrays of `bytes` */
  readonly bandwidth: readonly { readonly bytes: number; readonly read: number; readonly copy: number }[];
}

/** Measures the parts that were chosen. */
export async function run(options: Options): Promise<Report> {
  const { parts, clock, rounds } = options;
  const chosen = cases.filter((one) => parts.includes(one.part) && idOf(one).includes(options.filter));
  const load = loadavg()[0]!;
  const { build } = defaultRuntime();
  const effort = { clock, time: 5, iterations: 5 };
  const peaks = new Peaks(new URL(".", import.meta.url), { fused: build === "relaxed", effort });
  const peak = await machineOf(peaks);
  const results = await measureAll(chosen, peaks, options);
  const firsts = [];
  for (const one of options.cold ? chosen : []) {
    firsts.push({ name: one.name, size: one.size, ...(await cold(one)) });
  }
  return {
    node: process.version,
    build,
    clock: clock.name,
    load,
    peak,
    results,
    cold: firsts,
    profiles: profilesOf(options),
    memory: parts.includes("memory") ? measureMemory(clock, rounds) : null,
    startup: parts.includes("startup") ? startup(clock, STARTS) : null,
  };
}

async function machineOf(peaks: Peaks): Promise<Machine> {
  await peaks.calibrate();
  const bandwidth = [];
  for (const bytes of SPANS) {
    const read = await peaks.bandwidth("read", bytes);
    bandwidth.push({ bytes, read, copy: await peaks.bandwidth("oneToOne", bytes / 2) });
  }
  return { multiplyAdd: peaks.multiplyAdd, loop: peaks.loop, bandwidth };
}

async function measureAll(chosen: readonly Case[], peaks: Peaks, options: Options): Promise<Result[]> {
  const effort = { clock: options.clock, time: options.time, iterations: 3 };
  const results: Result[] = [];
  for (const one of chosen) {
    // Each case starts with an empty memory, and leaves nothing to the next one.
    defaultRuntime().reset();
    try {
      const result = await measure(one, { peaks, rounds: options.rounds, effort });
      results.push(result);
      if (!options.json) console.error(`  ${idOf(one)}: ${percent(result.share ?? 0)}`);
    } catch (error) {
      if (!options.skipFailing) throw error;
    }
  }
  return results;
}

function profilesOf({ parts, rounds, clock }: Options): Profile[] {
  const profileOf = (name: string, training: Training, steps: number) => {
    defaultRuntime().reset();
    return profile(name, trainingStep(training), steps, clock);
  };
  const found: Profile[] = [];
  if (parts.includes("train")) found.push(profileOf("training step, nano", nano, 3 * rounds));
  if (parts.includes("overhead")) found.push(profileOf("training step, micro", micro, 100 * rounds));
  return found;
}

import { loadavg } from "node:os";
import { defaultRuntime } from "lanegrad";
import { attentionCases } from "./cases/attention.ts";
import { gemmCases } from "./cases/gemm.ts";
import { rowCases } from "./cases/rows.ts";
import { generateCase, micro, nano, type Training, trainingCase, trainingStep } from "./cases/training.ts";
import { measure, type Result } from "./measure.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { Peaks } from "./peak.ts";
import { type Profile, profile } from "./profile.ts";
import { percent, profileTable, resultTable, significant, warnings } from "./report.ts";

const cases = [...gemmCases, ...attentionCases, ...rowCases, trainingCase, generateCase];
/** Bytes of the arrays over which bandwidth is shown: of caches, and of memory. */
const SPANS = [256 * 1024, 4 * 2 ** 20, 128 * 2 ** 20];

async function run(options: Options): Promise<object> {
  const say = options.json ? () => {} : console.log;
  const { build } = defaultRuntime();
  const effort = { clock: options.clock, time: options.time, iterations: 3 };
  const short = { clock: options.clock, time: 5, iterations: 5 };
  const peaks = new Peaks(new URL(".", import.meta.url), { fused: build === "relaxed", effort: short });
  await peaks.calibrate();
  say(
    `Node ${process.version}, ${build} kernels, ${options.clock.name} clock, load ${loadavg()[0]!.toFixed(1)}`,
  );
  say(`multiply-add peak ${significant(peaks.multiplyAdd)} GFLOP/s (${peaks.chains} chains)`);
  const bandwidth = await bandwidths(peaks);
  for (const { bytes, read, copy } of bandwidth) {
    say(
      `${significant(bytes / 2 ** 20)} MiB: read ${significant(read)} GB/s, copy ${significant(copy)} GB/s`,
    );
  }
  const results: Result[] = [];
  for (const one of cases) {
    if (!options.parts.includes(one.part) || !`${one.name} ${one.size}`.includes(options.filter)) continue;
    defaultRuntime().reset();
    const result = await measure(one, { peaks, rounds: options.rounds, effort });
    results.push(result);
    if (!options.json) console.error(`  ${one.name} ${one.size}: ${percent(result.share ?? 0)}`);
  }
  if (results.length > 0) say(`\n${resultTable(results)}`);
  for (const line of warnings(results)) say(line);
  const profiles = profilesOf(options);
  for (const one of profiles) say(`\n${profileTable(one)}`);
  const peak = { multiplyAdd: peaks.multiplyAdd, chains: peaks.chains, bandwidth };
  return { node: process.version, build, clock: options.clock.name, peak, results, profiles };
}

async function bandwidths(peaks: Peaks) {
  const found = [];
  for (const bytes of SPANS) {
    const read = await peaks.bandwidth("read", bytes);
    found.push({ bytes, read, copy: await peaks.bandwidth("oneToOne", bytes / 2) });
  }
  return found;
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

try {
  const options = parseOptions(process.argv.slice(2));
  console.log(JSON.stringify(await run(options)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}

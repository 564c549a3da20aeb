import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runBench } from "./child.ts";
import type { Result } from "./measure.ts";
import { root } from "./nodeProgram.js";
import type { Options } from "./options.ts";
import { significant, table } from "./report.ts";
import { median, spread } from "./statistics.ts";

/** Of one case: how many times as fast the working tree is, in each round and in the middle. */
export interface Comparison {
  readonly name: string;
  readonly size: string;
  readonly here: number;
  readonly there: number;
  /** there/here in time: above 1 the working tree is faster. */
  readonly ratio: number;
  readonly spread: number;
}

interface Document {
  readonly results: readonly Result[];
}

/** What the bench needs beside the package. */
const BENCH_FILES = ["bench.js", "peak.wasm", "peak-relaxed.wasm"];

/**
 * Builds another revision in a working tree of its own and runs this very bench on both builds, in fresh processes that take turns.
 */
export async function compare(revision: string, options: Options): Promise<readonly Comparison[]> {
  const folder = join(root, "build", "compare");
  const there = checkOut(revision, folder);
  try {
    const rounds = [];
    for (let round = 0; round < options.rounds; round++) {
      const trees = round % 2 === 0 ? [root, there] : [there, root];
      const documents = new Map<string, Document>();
      for (const tree of trees) documents.set(tree, await measureIn(tree, options));
      rounds.push({ here: documents.get(root)!, there: documents.get(there)! });
      console.error(`  round ${round + 1} of ${options.rounds}`);
    }
    return comparisonsOf(rounds);
  } finally {
    command("git", ["worktree", "remove", "--force", folder], root);
  }
}

export function comparisonTable(revision: string, comparisons: readonly Comparison[]): string {
  return table(
    ["case", "size", "ms here", `ms at ${revision}`, "times as fast", "±"],
    comparisons.map(({ name, size, here, there, ratio, spread }) => [
      name,
      size,
      significant(here),
      significant(there),
      significant(ratio),
      significant(spread),
    ]),
  );
}

function checkOut(revision: string, folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  command("git", ["worktree", "prune"], root);
  command("git", ["worktree", "add", "--quiet", "--detach", folder, revision], root);
  const lock = (tree: string) => readFileSync(join(tree, "package-lock.json"), "utf8");
  if (existsSync(join(root, "node_modules")) && lock(root) === lock(folder)) {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  } else command("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], folder);
  command("npm", ["run", "--silent", "build:js"], folder);
  mkdirSync(join(folder, "build"), { recursive: true });
  for (const file of BENCH_FILES) copyFileSync(join(root, "build", file), join(folder, "build", file));
  return folder;
}

/** What it prints goes to standard error: standard output is for the JSON document. */
function command(program: string, args: readonly string[], cwd: string): void {
  execFileSync(program, args, { cwd, stdio: ["ignore", process.stderr, process.stderr] });
}

function measureIn(tree: string, { parts, filter, clock, time }: Options): Promise<Document> {
  const chosen = ["--filter", filter, "--clock", clock.name, "--time", String(time), "--rounds", "2"];
  const args = [...parts, ...chosen, "--skip-failing", "--json"];
  return runBench(process.execPath, join(tree, "build", "bench.js"), args) as Promise<Document>;
}

/** Cases that both builds can run. */
function comparisonsOf(rounds: readonly { here: Document; there: Document }[]): Comparison[] {
  const find = ({ results }: Document, { name, size }: Result) =>
    results.find((result) => result.name === name && result.size === size);
  return rounds[0]!.here.results.flatMap((one) => {
    const pairs = rounds.flatMap(({ here, there }) => {
      const [ours, theirs] = [find(here, one), find(there, one)];
      return ours && theirs ? [{ here: ours.milliseconds, there: theirs.milliseconds }] : [];
    });
    if (pairs.length === 0) return [];
    const ratios = pairs.map(({ here, there }) => there / here);
    return [
      {
        name: one.name,
        size: one.size,
        here: median(pairs.map(({ here }) => here)),
        there: median(pairs.map(({ there }) => there)),
        ratio: median(ratios),
        spread: spread(ratios),
      },
    ];
  });
}

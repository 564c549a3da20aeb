import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project whose build runs: build/bench.js lies in it. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * The program of a Node: a path is taken as it is; of a version ("24", "24.21.0") the newest that npm has is installed under build/, beside
 * the project's dependencies.
 */
export function nodeProgram(wanted: string): string {
  if (existsSync(wanted)) return resolve(wanted);
  if (!/^\d+(\.\d+)*$/.test(wanted)) throw new Error(`--node is a version like 24 or a path, not ${wanted}`);
  const folder = join(root, "build", "nodes", wanted);
  const program = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(program)) {
    const name = `node@npm:node-${process.platform}-${process.arch}@${wanted}`;
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    const stdio = ["ignore", process.stderr, process.stderr] as [
      "ignore",
      NodeJS.WriteStream,
      NodeJS.WriteStream,
    ];
    execFileSync("npm", ["install", "--prefix", folder, ...quiet, name], { stdio });
  }
  return program;
}

/** Runs a bench in a fresh process and gives the JSON document that is its last line. */
export function runBench(program: string, bench: string, args: readonly string[]): Promise<unknown> {
  return new Promise((done, fail) => {
    const options = { maxBuffer: 2 ** 28, cwd: resolve(dirname(bench), "..") };
    execFile(program, [bench, ...args], options, (error, output, complaint) => {
      if (error) fail(new Error(complaint.trim() || error.message));
      else done(JSON.parse(output.trimEnd().split("\n").at(-1)!));
    });
  });
}

import { execFile } from "node:child_process";
import { dirname, resolve } from "node:path";

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

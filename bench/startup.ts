import { execFileSync } from "node:child_process";
import type { Clock } from "./clock.ts";
import { root } from "./nodeProgram.js";
import { significant } from "./report.ts";
import { median } from "./statistics.ts";

/** Milliseconds until a fresh process has the result of its first product. */
export interface Startup {
  /** A Node that does nothing. */
  readonly empty: number;
  /** One that imports the package and multiplies two matrices. */
  readonly product: number;
  /** What the package adds: the median of differences of neighbours. */
  readonly added: number;
}

export function startupLine({ added, empty }: Startup): string {
  return `import to first product: ${significant(added)} ms above Node's ${significant(empty)} ms`;
}

const PRODUCT = `import { matmul, tensor } from "lanegrad";
if (matmul(tensor([[2]]), tensor([[3]])).item() !== 6) throw new Error("2·3 is 6");`;

/** Ends a program with the processor time that its process took so far. */
const WITH_TIME = `
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);`;

/** Both kinds of process take turns. By the processor's clock all threads of a process count. */
export function startup(clock: Clock, runs: number): Startup {
  const isCpu = clock.name === "cpu";
  const start = (program: string): number => {
    const begin = clock.now();
    const args = ["--input-type=module", "--eval", isCpu ? program + WITH_TIME : program];
    const output = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    return isCpu ? Number(output) : clock.now() - begin;
  };
  const pairs = Array.from({ length: runs }, () => ({ empty: start(""), product: start(PRODUCT) }));
  return {
    empty: median(pairs.map(({ empty }) => empty)),
    product: median(pairs.map(({ product }) => product)),
    added: median(pairs.map(({ empty, product }) => product - empty)),
  };
}

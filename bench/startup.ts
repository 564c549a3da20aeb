import { execFileSync } from "node:child_process";
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

/** Both kinds of process take turns. */
export function startup(runs: number): Startup {
  const start = (program: string): number => {
    const begin = performance.now();
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root });
    return performance.now() - begin;
  };
  const pairs = Array.from({ length: runs }, () => ({ empty: start(""), product: start(PRODUCT) }));
  return {
    empty: median(pairs.map(({ empty }) => empty)),
    product: median(pairs.map(({ product }) => product)),
    added: median(pairs.map(({ empty, product }) => product - empty)),
  };
}

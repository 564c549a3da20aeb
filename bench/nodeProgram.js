import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project, above bench/ and above build/, where this is bundled into bench.js. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * The program of a Node: a path is taken as it is; of a version ("24", "24.21.0") the newest that npm has is installed under build/, beside
 * the project's dependencies.
 */
export function nodeProgram(wanted) {
  if (existsSync(wanted)) return resolve(wanted);
  if (!/^\d+(\.\d+)*$/.test(wanted)) throw new Error(`--node is a version like 24 or a path, not ${wanted}`);
  const folder = join(root, "build", "nodes", wanted);
  const program = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(program)) {
    const name = `node@npm:node-${process.platform}-${process.arch}@${wanted}`;
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", "--prefix", folder, ...quiet, name], {
      stdio: ["ignore", process.stderr, process.stderr],
    });
  }
  return program;
}

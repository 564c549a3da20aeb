/**
 * npm run test:platforms [-- name …]: the packed package in an empty project on every runtime, each with the same suite, and the bits of their
 * results compared. A runtime that is not there is a line that says why; where CI is set, it is a failure.
 */
import { NotRun } from "./support/process.js";
import { differences, printHead, printRow } from "./support/table.js";

const groups = ["processes", "workerd", "workerExample", "pageExample", "edge", "next", "browsers"];
const runtimes = (
  await Promise.all(
    groups.map(async (group) => {
      const module = await import(`./runtimes/${group}.js`);
      return Object.values(module).flat();
    }),
  )
).flat();

const names = process.argv.slice(2);
const unknown = names.filter((name) => !runtimes.some((runtime) => runtime.name === name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}; there are ${runtimes.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const results = new Map();
let missing = 0;
let broken = 0;
printHead();
for (const { name, run } of runtimes) {
  if (names.length > 0 && !names.includes(name)) continue;
  try {
    for await (const [row, result] of run()) {
      printRow(row, result);
      // An example has no numbers to compare.
      if (result.parts) results.set(row, result);
      broken += result.failed.length > 0 ? 1 : 0;
    }
  } catch (error) {
    if (error instanceof NotRun) missing++;
    else broken++;
    const text = error.stderr || error.stack || String(error);
    printRow(name, error instanceof NotRun ? { reason: error.message } : { failed: [text], passed: 0 });
  }
}

const odd = differences(results);
for (const line of odd) console.log(line);
if (results.size > 1 && odd.length === 0) console.log(`${results.size} runs, the same bits in all of them`);
const failed = broken > 0 || odd.length > 0 || (missing > 0 && Boolean(process.env.CI));
process.exit(failed ? 1 : 0);

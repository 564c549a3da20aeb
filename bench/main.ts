import { spawnSync } from "node:child_process";
import { idOf } from "./case.ts";
import { firstCalls } from "./cold.ts";
import { compare, comparisonTable } from "./compare.ts";
import { nodeProgram } from "./nodeProgram.js";
import { type Options, parseOptions, usage } from "./options.ts";
import { reportText } from "./print.ts";
import { runProcesses } from "./processes.ts";
import { cases, run } from "./run.ts";

/** What the command line asks for; the JSON document that ends the output. */
async function main(options: Options): Promise<unknown> {
  const [command, revision, ...more] = options.words;
  if (command !== undefined && (command !== "compare" || revision === undefined || more.length > 0)) {
    throw new Error(`no such part: ${options.words.join(" ")}`);
  }
  if (revision !== undefined) {
    const comparisons = await compare(revision, options);
    if (!options.json) console.log(comparisonTable(revision, comparisons));
    return { revision, comparisons };
  }
  if (options.first === null) {
    if (options.processes > 1) return runProcesses(options);
    const report = await run(options);
    if (!options.json) console.log(reportText(report));
    return report;
  }
  const one = cases.find((candidate) => idOf(candidate) === options.first);
  if (one === undefined) throw new Error(`no such case: ${options.first}`);
  return firstCalls(one);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.node === null) console.log(JSON.stringify(await main(options)));
  else {
    const program = nodeProgram(options.node);
    const { status } = spawnSync(program, [process.argv[1]!, ...options.withoutNode], { stdio: "inherit" });
    process.exitCode = status ?? 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}

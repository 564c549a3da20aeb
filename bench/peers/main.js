/**
 * The same work in several libraries, each in fresh processes that take turns: medians, and how many times as fast lanegrad is on one
 * thread. A result that is not the same as the others' ends the run.
 *
 *   npm run build:js && npm --prefix bench/peers ci && node bench/peers/main.js [--filter TEXT] [--rounds N] [--node VERSION]
 *
 * With PyTorch where a python3 has it; on Debian: apt-get install python3-torch libopenblas0-openmp
 */
import { parseArgs } from "node:util";
import { nodeProgram } from "../nodeProgram.js";
import { cases } from "./cases.js";
import { check, exactSamples } from "./checks.js";
import { librariesFor, measure } from "./libraries.js";

const { values: options } = parseArgs({
  options: {
    /** Only cases whose id contains it. */
    filter: { type: "string", default: "" },
    rounds: { type: "string", default: "3" },
    /** A version or a path of the Node that all but PyTorch run under. */
    node: { type: "string", default: process.execPath },
  },
});
const chosen = cases.filter(({ id }) => id.includes(options.filter));
const node = nodeProgram(options.node);
const { present, missing } = librariesFor(node);
for (const { name, why } of missing) console.log(`${name}: not run: ${why}`);

const expected = new Map(chosen.map((one) => [one.id, exactSamples(one)]));
/** Of each library, milliseconds of each case in each round. */
const times = new Map(present.map(({ name }) => [name, new Map()]));
const rounds = Number(options.rounds);
for (let round = 0; round < rounds; round++) {
  for (const library of present) {
    const start = performance.now();
    const found = await measure(library, chosen);
    for (const one of chosen.filter(({ id }) => id in found)) {
      const { milliseconds, samples } = found[one.id];
      // Whole models have no f64 twin here: the first library's results are the others' measure.
      if (expected.get(one.id) === null) expected.set(one.id, samples);
      check(library.name, one, samples, expected.get(one.id));
      const all = times.get(library.name);
      all.set(one.id, [...(all.get(one.id) ?? []), milliseconds]);
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.error(`  round ${round + 1} of ${rounds}: ${library.name}, ${seconds} s`);
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const medians = Object.fromEntries(
  [...times].map(([name, all]) => [
    name,
    Object.fromEntries([...all].map(([id, values]) => [id, median(values)])),
  ]),
);
const version = process.version;
console.log(`milliseconds, and how many times lanegrad's on one thread; medians of ${rounds} processes`);
console.table(Object.fromEntries(chosen.map((one) => [one.id, rowOf(one)])));
console.log(
  JSON.stringify({ node: options.node === process.execPath ? version : options.node, missing, medians }),
);

function rowOf(one) {
  const [{ name: first }] = present;
  const row = present.map(({ name }) => {
    const milliseconds = medians[name][one.id];
    if (milliseconds === undefined) return [name, "-"];
    const ratio = name === first ? "" : ` (${(milliseconds / medians[first][one.id]).toFixed(2)}×)`;
    const rate =
      one.kind === "decoding" ? `, ${((1000 * one.tokens) / milliseconds).toFixed(0)} tokens/s` : "";
    return [name, `${milliseconds.toPrecision(3)}${ratio}${rate}`];
  });
  return Object.fromEntries(row);
}

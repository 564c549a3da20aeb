/**
 * The same work in several libraries, each in fresh processes that take turns: medians, and how many times as fast lanegrad is.
 *
 *   npm run build:js && npm --prefix bench/peers install && node bench/peers/main.js [rounds]
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cases } from "./cases.js";

const libraries = ["lanegrad", "jax", "tensorflow", "onnx"];
const rounds = Number(process.argv[2] ?? 3);
const run = promisify(execFile);

const times = new Map(libraries.map((library) => [library, {}]));
for (let round = 0; round < rounds; round++) {
  for (const library of libraries) {
    const worker = fileURLToPath(new URL("worker.js", import.meta.url));
    const { stdout } = await run(process.execPath, [worker, library], { maxBuffer: 2 ** 26 });
    const found = JSON.parse(stdout.trimEnd().split("\n").at(-1));
    for (const [id, { milliseconds }] of Object.entries(found)) {
      times.get(library)[id] ??= [];
      times.get(library)[id].push(milliseconds);
    }
  }
  console.error(`round ${round + 1} of ${rounds}`);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const rows = cases.map(({ id }) => {
  const ours = median(times.get("lanegrad")[id]);
  const others = libraries.slice(1).map((library) => {
    const all = times.get(library)[id];
    return [library, all ? `${median(all).toPrecision(3)} ms (${(median(all) / ours).toFixed(2)}×)` : "-"];
  });
  return { id, lanegrad: `${ours.toPrecision(3)} ms`, ...Object.fromEntries(others) };
});
console.table(rows);
console.log(JSON.stringify({ node: process.version, times: Object.fromEntries(times) }));

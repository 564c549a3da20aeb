/**
 * Runs every case in one library and prints milliseconds and errors as JSON: `node worker.js LIBRARY`. A process of its own, so that no
 * library slows down another.
 */
import { cases, errorOf, inputsOf } from "./cases.js";

const WARM_UP_MS = 300;
const MEASURED_MS = 300;
/** More than f32 sums can be off by. */
const LARGEST_ERROR = 1e-4;

const { open } = await import(`./${process.argv[2]}.js`);
const library = await open();
const found = {};
for (const one of cases) {
  const prepared = await library.prepare(one, inputsOf(one));
  if (prepared === null) continue;
  const error = errorOf(one, await prepared.result());
  if (!(error < LARGEST_ERROR)) throw new Error(`${process.argv[2]}: ${one.id} is wrong by ${error}`);
  await timesOf(prepared.run, WARM_UP_MS);
  const times = (await timesOf(prepared.run, MEASURED_MS)).sort((a, b) => a - b);
  found[one.id] = { milliseconds: times[times.length >> 1], error };
}
console.log(JSON.stringify(found));
process.exit(0);

async function timesOf(run, milliseconds) {
  const times = [];
  for (const start = performance.now(); performance.now() - start < milliseconds || times.length < 3; ) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  return times;
}

/**
 * Runs cases in one library and prints milliseconds and samples of the results as JSON: `node worker.js LIBRARY THREADS CASES`, the cases as
 * JSON. A process of its own, so that no library slows down another.
 */
import { samplesOf } from "./checks.js";

const WARM_UP_MS = 300;
const MEASURED_MS = 300;
/** Fewer calls than three are enough where they take this long. */
const LONG_MS = 3000;

const [library, threads, cases] = process.argv.slice(2);
const { open } = await import(`./${library}.js`);
const prepareCase = await open(Number(threads));
const found = {};
for (const one of JSON.parse(cases)) {
  const prepared = await prepareCase(one);
  if (prepared === null) continue;
  const samples = samplesOf(one, await prepared.results());
  await timesOf(prepared.run, WARM_UP_MS);
  const times = (await timesOf(prepared.run, MEASURED_MS)).sort((a, b) => a - b);
  found[one.id] = { milliseconds: times[times.length >> 1], samples };
  prepared.dispose?.();
}
console.log(JSON.stringify(found));
process.exit(0);

async function timesOf(run, milliseconds) {
  const times = [];
  const start = performance.now();
  const passed = () => performance.now() - start;
  while (passed() < milliseconds || (times.length < 3 && passed() < LONG_MS)) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  return times;
}

import { ArgumentError } from "lanegrad/functions";
import { connect } from "lanegrad/worker";

const file = (name) => new URL(name, import.meta.url);

/** A job in every kind of worker that the place has: its steps, a checkpoint, its error; and a worker that is not there. */
export async function workers() {
  const threads = await import("node:worker_threads");
  const kinds = { worker_threads: (name) => new threads.Worker(file(name)) };
  if (typeof Worker === "function") kinds.Worker = (name) => new Worker(file(name), { type: "module" });
  const failed = [];
  for (const [kind, open] of Object.entries(kinds)) {
    const got = await taken(open("./job.js"));
    const missing = await taken(open("./missing.js"));
    if (got !== "0 1 2 1 4 1 ArgumentError true") failed.push(`${kind}: ${got}`);
    if (missing !== "JobError false") failed.push(`${kind} without a file: ${missing}`);
  }
  return { passed: 2 * Object.keys(kinds).length - failed.length, failed };
}

async function taken(worker) {
  const start = connect(worker);
  const got = [];
  try {
    const run = start(3);
    for await (const step of run) got.push(step, Object.keys(await run.checkpoint()).length);
  } catch (error) {
    got.push(error.name, error instanceof ArgumentError);
  } finally {
    start.close();
  }
  return got.join(" ");
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NotRun, output, tool } from "./process.js";

/** What an isolate may have in production. Beyond it, it is ended without an error. */
export const ISOLATE_BYTES = 128e6;

export const COMPATIBILITY = "2026-04-01";

export const workerdVersion = () => JSON.parse(readFileSync(tool("workerd/package.json"), "utf8")).version;

/** Bundles the project in `folder` as `wrangler deploy` does, without sending it, and returns the bundle's folder. */
export async function wrangle(folder) {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
  const parameters = ["deploy", "--dry-run", "--outdir", "wrangled"];
  await output(tool(".bin/wrangler"), parameters, { cwd: folder, env });
  return join(folder, "wrangled");
}

/** The bundle as Miniflare wants it, without its own search through the imports. */
export function modulesIn(folder) {
  const kind = (name) => (name.endsWith(".wasm") ? "CompiledWasm" : "ESModule");
  const names = readdirSync(folder).filter((name) => /\.(wasm|js)$/.test(name));
  const entryFirst = names.sort((a, b) => (b === "worker.js") - (a === "worker.js"));
  return entryFirst.map((name) => ({
    type: kind(name),
    path: name,
    contents: readFileSync(join(folder, name)),
  }));
}

const EMPTY = [
  { type: "ESModule", path: "worker.js", contents: 'export default { fetch: () => new Response("") }' },
];

/**
 * Milliseconds of processor time in which workerd imports a worker: until it answers what asks nothing of it, beyond what an empty one takes.
 * Such time is what the platform limits, and it does not depend on what else the machine does.
 */
export async function importTime(modules, options = {}) {
  const [idle, ready] = [await leastTime({ modules: EMPTY }), await leastTime({ ...options, modules })];
  return Math.max(0, ready - idle);
}

/** Of three starts. */
async function leastTime(options) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const { stop } = await started(options);
    best = Math.min(best, processorTime());
    await stop();
  }
  return best;
}

/** A worker that has answered a first request; `fetch(path, init)` asks it. */
export async function started(options) {
  const { Miniflare } = await import("miniflare");
  const miniflare = new Miniflare({ compatibilityDate: COMPATIBILITY, cf: false, ...options });
  const fetch = (path, init) => miniflare.dispatchFetch(`http://worker/${path}`, init);
  await (await fetch("")).text();
  return { fetch, miniflare, stop: () => miniflare.dispose() };
}

/** Bytes of memory that workerd holds. */
export const residentBytes = () =>
  ofWorkerd((folder) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`${folder}/status`, "utf8"))[1]) * 1024);

/** Milliseconds that workerd has computed; Linux counts hundredths of a second. */
const processorTime = () =>
  ofWorkerd((folder) => {
    const fields = readFileSync(`${folder}/stat`, "utf8").replace(/.*\) /, "").split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  });

/** What `read` finds in /proc of the workerd process that this one started. */
function ofWorkerd(read) {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}`;
    try {
      const status = readFileSync(`${folder}/status`, "utf8");
      const parent = /^PPid:\s+(\d+)/m.exec(status)[1];
      if (/^Name:\s+workerd/m.test(status) && Number(parent) === process.pid) return read(folder);
    } catch {
      // It ended while we looked.
    }
  }
  throw new NotRun("no workerd process in /proc");
}

export const mega = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

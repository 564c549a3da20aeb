import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askAll } from "../support/ask.js";
import { NotRun, output, tool } from "../support/process.js";
import { makeProject } from "../support/project.js";

const COMPATIBILITY = "2026-04-01";
/** What an isolate may have in production. Beyond it, it is ended without an error. */
const ISOLATE_BYTES = 128e6;

/** The real runtime of Cloudflare, driven by Miniflare, over what two bundlers make. Neither is told about .wasm files by the package. */
export const workerd = {
  name: "workerd",
  async *run() {
    tool("miniflare/package.json");
    const folder = await makeProject("workerd");
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      yield [`workerd (${bundler})`, await measured(join(folder, await bundle(folder)))];
    }
  },
};

const bundlers = {
  async wrangler(folder) {
    const settings = { name: "smoke", main: "worker.js", compatibility_date: COMPATIBILITY };
    writeFileSync(join(folder, "wrangler.json"), JSON.stringify(settings));
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    await output(tool(".bin/wrangler"), ["deploy", "--dry-run", "--outdir", "wrangled"], {
      cwd: folder,
      env,
    });
    return "wrangled";
  },
  async esbuild(folder) {
    const { build } = await import("esbuild");
    await build({
      absWorkingDir: folder,
      entryPoints: ["worker.js"],
      outdir: "esbuilt",
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      loader: { ".wasm": "copy" },
    });
    return "esbuilt";
  },
};

async function measured(folder) {
  const [idle, ready] = [await fastestStart(EMPTY), await fastestStart(modulesIn(folder))];
  const small = await started(modulesIn(folder));
  const { token, ...result } = await askAll(small.ask).finally(small.stop);
  const large = await started(modulesIn(folder));
  const base = residentBytes();
  const answer = await large.ask("ask=memory");
  const grown = residentBytes() - base;
  await large.stop();
  const { parameters, reservedBytes } = JSON.parse(answer);
  const model = `a model of ${(parameters / 1e6).toFixed(1)} M parameters in f32`;
  const sizes = `${mega(reservedBytes)} of tensors, ${mega(grown)} in all`;
  if (Math.max(reservedBytes, grown) > ISOLATE_BYTES) result.failed.push(`${model} takes ${sizes}`);
  const notes = [
    `cold start: import ${Math.max(0, ready - idle).toFixed(0)} ms, then ${token.toFixed(0)} ms to the first token`,
    `${model}: ${sizes}`,
  ];
  const { version } = JSON.parse(readFileSync(tool("workerd/package.json"), "utf8"));
  return { version, notes, ...result };
}

const mega = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

const EMPTY = [
  { type: "ESModule", path: "worker.js", contents: 'export default { fetch: () => new Response("") }' },
];

/** The bundle as Miniflare wants it, without its own search through the imports. */
function modulesIn(folder) {
  const kind = (name) => (name.endsWith(".wasm") ? "CompiledWasm" : "ESModule");
  const names = readdirSync(folder).filter((name) => /\.(wasm|js)$/.test(name));
  const entryFirst = names.sort((a, b) => (b === "worker.js") - (a === "worker.js"));
  return entryFirst.map((name) => ({
    type: kind(name),
    path: name,
    contents: readFileSync(join(folder, name)),
  }));
}

/** Milliseconds until a new worker has answered a request that asks nothing of it; the least of three. */
async function fastestStart(modules) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const { time, stop } = await started(modules);
    best = Math.min(best, time);
    await stop();
  }
  return best;
}

async function started(modules) {
  const { Miniflare } = await import("miniflare");
  const began = performance.now();
  const miniflare = new Miniflare({ compatibilityDate: COMPATIBILITY, cf: false, modules });
  const ask = async (query) => {
    const response = await miniflare.dispatchFetch(`http://smoke/?${query}`);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  };
  await ask("");
  return { time: performance.now() - began, ask, stop: () => miniflare.dispose() };
}

/** Of the workerd process that this one started. */
function residentBytes() {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const parent = /^PPid:\s+(\d+)/m.exec(status)[1];
      if (!/^Name:\s+workerd/m.test(status) || Number(parent) !== process.pid) continue;
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) * 1024;
    } catch {
      // It ended while we looked.
    }
  }
  throw new NotRun("no workerd process in /proc");
}

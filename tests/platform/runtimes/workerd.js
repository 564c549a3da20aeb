import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { askAll } from "../support/ask.js";
import {
  COMPATIBILITY,
  ISOLATE_BYTES,
  importTime,
  mega,
  modulesIn,
  residentBytes,
  started,
  workerdVersion,
  wrangle,
} from "../support/miniflare.js";
import { tool } from "../support/process.js";
import { makeProject } from "../support/project.js";

/** The real runtime of Cloudflare, driven by Miniflare, over what two bundlers make. Neither is told about .wasm files by the package. */
export const workerd = {
  name: "workerd",
  async *run() {
    tool("miniflare/package.json");
    const folder = await makeProject("workerd");
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      yield [`workerd (${bundler})`, await measured(modulesIn(await bundle(folder)))];
    }
  },
};

const bundlers = {
  async wrangler(folder) {
    const settings = { name: "smoke", main: "worker.js", compatibility_date: COMPATIBILITY };
    writeFileSync(join(folder, "wrangler.json"), JSON.stringify(settings));
    return wrangle(folder);
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
    return join(folder, "esbuilt");
  },
};

async function measured(modules) {
  const ready = await importTime(modules);
  const small = await asked(modules);
  const { token, ...result } = await askAll(small.ask).finally(small.stop);
  const notes = [
    `cold start: import ${ready.toFixed(0)} ms of processor time, then ${token.toFixed(0)} ms to the first token`,
  ];
  for (const weights of ["f32", "int8"]) {
    const { model, sizes, bytes } = await memoryOf(modules, weights);
    notes.push(`${model}: ${sizes}`);
    if (bytes > ISOLATE_BYTES) result.failed.push(`${model} takes ${sizes}`);
  }
  return { version: workerdVersion(), notes, ...result };
}

/** What an isolate takes that generates with a large model. */
async function memoryOf(modules, weights) {
  const { ask, stop } = await asked(modules);
  const base = residentBytes();
  const answer = await ask(`ask=memory&weights=${weights}`);
  const grown = residentBytes() - base;
  await stop();
  const { parameters, reservedBytes } = JSON.parse(answer);
  return {
    model: `a model of ${(parameters / 1e6).toFixed(1)} M parameters in ${weights}`,
    sizes: `${mega(reservedBytes)} of tensors, ${mega(grown)} in all`,
    bytes: Math.max(reservedBytes, grown),
  };
}

/** A worker of the suite, and how to ask it one of the suite's questions. */
async function asked(modules) {
  const { fetch, stop } = await started({ modules });
  const ask = async (query) => {
    const response = await fetch(`?${query}`);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  };
  return { ask, stop };
}

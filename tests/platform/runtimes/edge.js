import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { askAll } from "../support/ask.js";
import { tool } from "../support/process.js";
import { makeProject } from "../support/project.js";

/** The Vercel edge runtime's context with code generation off, as in production; by default it would compile bytes, which is a false green. */
export const edge = {
  name: "edge",
  async *run() {
    const { version } = JSON.parse(readFileSync(tool("@edge-runtime/vm/package.json"), "utf8"));
    const { EdgeVM } = await import("@edge-runtime/vm");
    const { code, modules } = await bundled(await makeProject("edge"));
    const began = performance.now();
    const vm = new EdgeVM({
      codeGeneration: { strings: false, wasm: false },
      extend: (context) => Object.assign(context, { kernelFiles: modules }),
    });
    const empty = performance.now() - began;
    vm.evaluate(code);
    const imported = performance.now() - began - empty;
    const ask = (query) =>
      vm.evaluate(`edge.answer(new Request("http://edge/?${query}")).then((response) => response.text())`);
    const { token, ...result } = await askAll(ask);
    const notes = [
      `cold start: import ${imported.toFixed(0)} ms, then ${token.toFixed(0)} ms to the first token`,
    ];
    yield ["edge", { version, notes, ...result }];
  },
};

/** The bundle, and the modules that Vercel's build would have compiled from the files it imports. */
async function bundled(folder) {
  const { build } = await import("esbuild");
  const modules = {};
  const kernelFiles = {
    name: "kernel-files",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, importer }) => ({
        path: join(dirname(importer), path.replace("?module", "")),
        namespace: "kernel-files",
      }));
      onLoad({ filter: /.*/, namespace: "kernel-files" }, ({ path }) => {
        const name = basename(path);
        modules[name] = new WebAssembly.Module(readFileSync(path));
        return { contents: `export default kernelFiles["${name}"];` };
      });
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ["worker.js"],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "edge",
    footer: { js: "globalThis.edge = edge;" },
    conditions: ["edge-light", "worker", "browser"],
    plugins: [kernelFiles],
  });
  return { code: outputFiles[0].text, modules };
}

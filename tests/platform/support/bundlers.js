import { writeFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>lanegrad</title></head>
  <body><pre id="result"></pre><script type="module" src="./page.js"></script></body>
</html>
`;

/** Each makes a folder with index.html of the page in `folder`, without a word about WebAssembly in its configuration. */
export const pageBundlers = {
  async vite(folder) {
    const { build } = await import("vite");
    writeFileSync(join(folder, "index.html"), PAGE);
    const outDir = join(folder, "with-vite");
    await build({ root: folder, configFile: false, base: "./", logLevel: "error", build: { outDir } });
    return outDir;
  },

  async webpack(folder) {
    const { default: webpack } = await import("webpack");
    const path = join(folder, "with-webpack");
    const output = { path, filename: "page.js" };
    const configuration = { context: folder, entry: "./page.js", mode: "production", output };
    const stats = await new Promise((resolve, reject) => {
      webpack(configuration, (error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors()) throw new Error(stats.toString("errors-only"));
    writeFileSync(join(path, "index.html"), PAGE);
    return path;
  },

  async esbuild(folder) {
    const { build } = await import("esbuild");
    const outdir = join(folder, "with-esbuild");
    await build({ absWorkingDir: folder, entryPoints: ["page.js"], outdir, bundle: true, format: "esm" });
    writeFileSync(join(outdir, "index.html"), PAGE);
    return outdir;
  },
};

/**
 * Compiles assembly/ to build/*.wasm and writes build/kernels.js, the same modules as text that compresses as well as their bytes (.config/
 * text.js). Does nothing when no source has changed. `--debug` keeps function names for profilers.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { textsOf } from "./text.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const debug = process.argv.includes("--debug");
const targets = {
  core: { entry: "assembly/core.ts", exportName: "core" },
  gemm: { entry: "assembly/gemm.ts", exportName: "gemm" },
  "gemm-relaxed": { entry: "assembly/gemm.ts", exportName: "gemmRelaxed" },
};

const sources = readdirSync("assembly", { recursive: true })
  .map((name) => join("assembly", String(name)))
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256").update(String(debug));
for (const file of [...sources, "asconfig.json", ".config/kernels.js", ".config/text.js"])
  hash.update(file).update(readFileSync(file));
const digest = hash.digest("hex");
const stamp = "build/kernels.stamp";
if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) process.exit(0);

mkdirSync("build", { recursive: true });
const modules = {};
for (const [target, { entry, exportName }] of Object.entries(targets)) {
  modules[exportName] = await compile(entry, target);
}
const strings = textsOf(modules);
const lines = (line) => Object.keys(strings).map(line).join("");
writeFileSync(
  "build/kernels.js",
  lines((name) => `export const ${name} = "${strings[name]}";\n`),
);
writeFileSync(
  "build/kernels.d.ts",
  lines((name) => `export declare const ${name}: string;\n`),
);
writeFileSync(stamp, digest);

async function compile(entry, target) {
  const extra = debug ? ["--debug"] : [];
  const options = ["--config", "asconfig.json", "--target", target, ...extra];
  const { error, stderr } = await asc.main([entry, ...options]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  return readFileSync(`build/${target}.wasm`);
}

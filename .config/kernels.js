/**
 * Compiles assembly/ to build/*.wasm and writes build/kernels.js, the same modules as hexadecimal text (which compresses better than
 * base64); build/kernels-threads.js holds the builds for shared memory, apart, for those who ask for threads. Does nothing when no source
 * has changed. `--debug` keeps function names for profilers and turns on asserts.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const debug = process.argv.includes("--debug");
const targets = {
  core: { entry: "assembly/core.ts", exportName: "core" },
  gemm: { entry: "assembly/gemm.ts", exportName: "gemm" },
  "gemm-relaxed": { entry: "assembly/gemm.ts", exportName: "gemmRelaxed" },
};
/** Files of text, and what is put behind the names of the targets in them. */
const texts = { "build/kernels": "", "build/kernels-threads": "-threads" };

const sources = readdirSync("assembly", { recursive: true })
  .map((name) => join("assembly", String(name)))
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256").update(String(debug));
for (const file of [...sources, "asconfig.json", ".config/kernels.js"])
  hash.update(file).update(readFileSync(file));
const digest = hash.digest("hex");
const stamp = "build/kernels.stamp";
if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) process.exit(0);

mkdirSync("build", { recursive: true });
for (const [file, suffix] of Object.entries(texts)) {
  let code = "";
  let types = "";
  for (const [target, { entry, exportName }] of Object.entries(targets)) {
    const name = `${target}${suffix}`;
    const extra = debug ? ["--debug"] : [];
    const { error, stderr } = await asc.main([
      entry,
      "--config",
      "asconfig.json",
      "--target",
      name,
      ...extra,
    ]);
    if (error) {
      console.error(stderr.toString());
      process.exit(1);
    }
    code += `export const ${exportName} = "${readFileSync(`build/${name}.wasm`).toString("hex")}";\n`;
    types += `export declare const ${exportName}: string;\n`;
  }
  writeFileSync(`${file}.js`, code);
  writeFileSync(`${file}.d.ts`, types);
}
writeFileSync(stamp, digest);

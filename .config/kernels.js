/**
 * Compiles assembly/ to build/*.wasm and writes build/kernels.js, the same files packed as text (.config/pack.js). Does nothing when no source has changed. `--debug` keeps function names for profilers.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { pack } from "./pack.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const debug = process.argv.includes("--debug");
const targets = {
  core: "assembly/core.ts",
  gemm: "assembly/gemm.ts",
  "gemm-relaxed": "assembly/gemm.ts",
};

const sources = readdirSync("assembly", { recursive: true })
  .map((name) => join("assembly", String(name)))
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256").update(String(debug));
for (const file of [...sources, "asconfig.json", ".config/kernels.js", ".config/pack.js"])
  hash.update(file).update(readFileSync(file));
const digest = hash.digest("hex");
const stamp = "build/kernels.stamp";
if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) process.exit(0);

mkdirSync("build", { recursive: true });
const files = {};
for (const [target, entry] of Object.entries(targets)) files[target] = await compile(entry, target);
const sizes = Object.entries(files).map(([target, { length }]) => `"${target}": ${length}`);
writeFileSync(
  "build/kernels.js",
  `export const packed = "${pack(Buffer.concat(Object.values(files)))}";\nexport const sizes = { ${sizes.join(", ")} };\n`,
);
writeFileSync(
  "build/kernels.d.ts",
  "export declare const packed: string;\n" +
    `export declare const sizes: { ${Object.keys(files)
      .map((target) => `readonly "${target}": number`)
      .join("; ")} };\n`,
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

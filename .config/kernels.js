/**
 * Compiles assembly/ to build/*.wasm and writes build/kernels.js, the same modules as hexadecimal text (which compresses better than
 * base64). Does nothing when no source has changed. `--debug` keeps function names for profilers and turns on asserts.
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

const sources = readdirSync("assembly", { recursive: true })
  .map((name) => join("assembly", String(name)))
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256").update(String(debug));
for (const file of [...sources, "asconfig.json", ".config/kernels.js"]) hash.update(file).update(readFileSync(file));
const digest = hash.digest("hex");
const stamp = "build/kernels.stamp";
if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) process.exit(0);

mkdirSync("build", { recursive: true });
for (const [target, { entry }] of Object.entries(targets)) {
  const extra = debug ? ["--debug"] : [];
  const { error, stderr } = await asc.main([entry, "--config", "asconfig.json", "--target", target, ...extra]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
}
const lines = Object.entries(targets).map(
  ([target, { exportName }]) =>
    `export const ${exportName} = "${readFileSync(`build/${target}.wasm`).toString("hex")}";\n`,
);
writeFileSync("build/kernels.js", lines.join(""));
writeFileSync(
  "build/kernels.d.ts",
  Object.values(targets)
    .map(({ exportName }) => `export declare const ${exportName}: string;\n`)
    .join(""),
);
writeFileSync(stamp, digest);

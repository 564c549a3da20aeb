/**
 * Builds the bench: bench/assembly/peak.ts with and without fused multiply-add into build/peak*.wasm, and bench/ into build/bench.js, which
 * runs under any Node and imports the package as its users do.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { build } from "rolldown";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const flags =
  "-O3 --runtime stub --noAssert --uncheckedBehavior always --importMemory --noExportMemory".split(" ");
const memory = "--initialMemory 1 --maximumMemory 65536 --config none.json".split(" ");
for (const [file, features] of [
  ["build/peak.wasm", ["simd"]],
  ["build/peak-relaxed.wasm", ["simd", "relaxed-simd"]],
]) {
  const enabled = features.flatMap((feature) => ["--enable", feature]);
  const { error, stderr } = await asc.main([
    "bench/assembly/peak.ts",
    "-o",
    file,
    ...flags,
    ...memory,
    ...enabled,
  ]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
}

await build({
  input: "bench/main.ts",
  platform: "node",
  external: [/^lanegrad/, /^node:/],
  output: { file: "build/bench.js", format: "esm" },
  logLevel: "warn",
});

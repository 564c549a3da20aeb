import { rmSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makePackageFolder } from "./support/packageFolder.ts";

/** Text and formats have their own figures; everything else that the functions entry exports is the library. */
const TEXT_AND_FORMATS = [
  "BytePairTokenizer",
  "CharacterTokenizer",
  "Llama2cTokenizer",
  "WordPieceTokenizer",
  "bf16FromF32",
  "blobSource",
  "bytesSource",
  "decodeUtf8",
  "f16FromF32",
  "f32FromBf16",
  "f32FromF16",
  "filesSource",
  "loadPretrained",
  "memoryFolder",
  "openGguf",
  "openLlama2c",
  "openNpz",
  "openSafetensors",
  "openSafetensorsFolder",
  "readCheckpoint",
  "readLlama2cTokenizer",
  "readModel",
  "readSafetensors",
  "readTiktoken",
  "readTokenizerJson",
  "readVocabularyFiles",
  "readVocabularyText",
  "safetensorsFiles",
  "savePretrained",
  "unzipFiles",
  "writeCheckpoint",
  "writeNpz",
  "writeSafetensors",
  "writeTokenizerJson",
  "writeVocabularyFiles",
  "writeVocabularyText",
  "zipFiles",
];

/**
 * Programs over the package, bundled and minified with the embedded kernels. `limit` in bytes of gzip is what each takes, rounded up: who
 * raises it says what for. Where `aim` is lower, the difference is still to be found.
 */
const programs = [
  { name: "multiplies and differentiates", names: ["tensor", "matmul", "backward"], limit: 40_000 },
  {
    name: "trains a GPT with AdamW",
    names: ["AdamW", "Gpt", "parameters", "Random", "tensor"],
    limit: 54_000,
    aim: 50_000,
  },
  { name: "everything but text and formats", names: null, limit: 70_000, aim: 60_000 },
];

let folder: string;
beforeAll(async () => {
  folder = await makePackageFolder();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it.each(programs)("a program that $name stays small", async ({ name, names, limit, aim }) => {
  const code = await bundled(names);
  const size = gzipSync(code, { level: 9 }).length;
  const brotli = brotliCompressSync(code).length;
  const [gzip, most, aimed, small] = [size, limit, aim ?? limit, brotli].map(
    (bytes) => `${(bytes / 1000).toFixed(1)} kB`,
  );
  console.info(`${name.padEnd(32)} gzip ${gzip} (limit ${most}, aim ${aimed}), brotli ${small}`);
  expect(size).toBeLessThan(limit);
  expect(size).toBeGreaterThan(20_000);
});

it("leaves the method form's ops out of a program of functions", async () => {
  const code = await bundled(["tensor", "matmul", "backward"]);
  expect(code).toContain("rowTimesMatrix");
  expect(code).not.toContain("layerNormBackward(");
});

/** A program that uses `names` of the package, or all, as a user's bundler makes it for browsers. */
async function bundled(names: readonly string[] | null): Promise<string> {
  const entry = join(folder, "dist/functions.js");
  const bundle = await rolldown({
    input: "program",
    platform: "browser",
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === "program" ? id : null),
        async load(id) {
          if (id !== "program") return null;
          const used = names ?? (await exportsOf(entry));
          return `export { ${used.join(", ")} } from ${JSON.stringify(entry)};`;
        },
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  return output[0].code;
}

async function exportsOf(entry: string): Promise<string[]> {
  const bundle = await rolldown({ input: entry, external: /^#/, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  return output[0].exports.filter((name) => !TEXT_AND_FORMATS.includes(name));
}

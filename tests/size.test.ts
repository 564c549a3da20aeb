import { rmSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as errors from "../src/errors.ts";
import * as functions from "../src/functions.ts";
import { generate } from "../src/generation/generate.ts";
import { sampleToken, tokenProbabilities } from "../src/generation/sampling.ts";
import { Gpt } from "../src/models/gpt.ts";
import { presets } from "../src/models/gptConfig.ts";
import * as estimates from "../src/models/gptEstimate.ts";
import * as nn from "../src/nn/index.ts";
import * as ops from "../src/ops/index.ts";
import * as optim from "../src/optim/index.ts";
import { Random } from "../src/random.ts";
import * as runtimes from "../src/runtime/default.ts";
import { Runtime } from "../src/runtime/runtime.ts";
import { backward } from "../src/tensor/backward.ts";
import * as creation from "../src/tensor/create.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import { TokenBatches } from "../src/train/batches.ts";
import { estimateLoss, evaluate } from "../src/train/evaluate.ts";
import { train } from "../src/train/train.ts";
import * as transforms from "../src/transforms/index.ts";
import { makePackageFolder } from "./support/packageFolder.ts";

/** What training and running a GPT needs, whole. Texts, formats and other models stand in the figure of everything. */
const library = Object.keys({
  ...{ ...errors, ...creation, ...runtimes, Random, Runtime, Tensor, backward },
  ...{ ...ops, ...transforms, ...nn, ...optim },
  ...{ Gpt, presets, ...estimates, TokenBatches, train, estimateLoss, evaluate },
  ...{ generate, sampleToken, tokenProbabilities },
}).filter((name) => Object.hasOwn(functions, name));

/**
 * Programs over the package, bundled and minified with the embedded kernels. `limit` in bytes of gzip is what each takes, rounded up: who
 * raises it says what for. Where `aim` is lower, the difference is still to be found.
 *
 * The GPT program rose from 54 to 55 kB, the library from 70 to 73, for what one configurable block brought to every GPT: rotary positions,
 * RMSNorm, SwiGLU, windows, caches whose rows differ in length, adapters, weights of 8 bits and their kernels. Before these, packed as now,
 * they took 46.5 and 53.9 kB.
 */
const programs = [
  { name: "multiplies and differentiates", names: ["tensor", "matmul", "backward"], limit: 35_000 },
  {
    name: "trains a GPT with AdamW",
    names: ["AdamW", "Gpt", "parameters", "Random", "tensor"],
    limit: 55_000,
    aim: 50_000,
  },
  { name: "has the library, GPT and training", names: library, limit: 73_000, aim: 60_000 },
  { name: "has everything", names: Object.keys(functions), limit: 130_000 },
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

it("takes no kernels to a page whose worker computes", async () => {
  const code = await bundled(["connect"], "worker");
  const size = gzipSync(code, { level: 9 }).length;
  console.info(`${"connects to a worker".padEnd(32)} gzip ${(size / 1000).toFixed(1)} kB (limit 4.0 kB)`);
  expect(size).toBeLessThan(4_000);
  expect(size).toBeGreaterThan(1_000);
});

/** A program that uses `names` of the package, as a user's bundler makes it for browsers. */
async function bundled(names: readonly string[], from = "functions"): Promise<string> {
  const entry = join(folder, `dist/${from}.js`);
  const bundle = await rolldown({
    input: "program",
    platform: "browser",
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === "program" ? id : null),
        load: (id) =>
          id === "program" ? `export { ${names.join(", ")} } from ${JSON.stringify(entry)};` : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  return output[0].code;
}

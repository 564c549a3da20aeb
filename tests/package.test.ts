import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePackageFolder, repository, run } from "./support/packageFolder.ts";

const tsc = join(repository, "node_modules/typescript/bin/tsc");
const UNPACKED_LIMIT = 1_000_000;

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

let folder: string;
let tarball: string;
let files: readonly PackedFile[];
const app = (...names: string[]) => join(folder, "app", ...names);
const inApp = async (program: string, ...options: string[]) =>
  (await run(program, options, { cwd: app() })).stdout;

/** Packs what `npm run build` makes, and installs it in an empty project without a network. */
beforeAll(async () => {
  folder = await makePackageFolder();
  const types = join(repository, ".config/types.js");
  await run(process.execPath, [types, join(folder, "dist/types"), "--noCheck"]);
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts"], { cwd: folder });
  const [{ filename, files: list }] = JSON.parse(packed.stdout);
  files = list;
  tarball = join(folder, filename);
  mkdirSync(app());
  writeFileSync(app("package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const install = ["install", "--offline", "--no-audit", "--no-fund", tarball];
  await run("npm", install, { cwd: app() });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the package", () => {
  it("is one package without dependencies", () => {
    expect(readdirSync(app("node_modules")).filter((name) => !name.startsWith("."))).toEqual(["lanegrad"]);
  });

  it(`stays below ${UNPACKED_LIMIT.toLocaleString("en")} bytes`, () => {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    expect(size).toBeLessThan(UNPACKED_LIMIT);
    expect(size).toBeGreaterThan(100_000);
  });

  it("holds bundles, kernels, types and licences, nothing else", () => {
    const paths = files.map(({ path }) => path);
    const odd = paths.filter(
      (path) =>
        !/^(dist\/.*\.(js|d\.ts|wasm)|dist\/THIRD-PARTY-LICENSES\.txt|package\.json|README\.md|LICENSE)$/.test(
          path,
        ),
    );
    expect(odd).toEqual([]);
    for (const path of ["dist/index.js", "dist/testing.js", "dist/cli.js", "LICENSE"])
      expect(paths).toContain(path);
  });

  it("works at once in an ES module", async () => {
    writeFileSync(
      app("use.mjs"),
      `import { tensor, matmul, gelu } from "lanegrad";
       console.log(JSON.stringify(gelu(matmul(tensor([[1, 2]]), tensor([[3], [4]]))).toArray()));`,
    );
    expect(await inApp(process.execPath, "use.mjs")).toBe("[[11]]\n");
  });

  it("works through require", async () => {
    const program =
      'const { tensor, add } = require("lanegrad"); console.log(add(tensor([1, 2]), 1).toArray().join())';
    expect(await inApp(process.execPath, "--input-type=commonjs", "-e", program)).toBe("2,3\n");
  });

  it("brings the command line", async () => {
    expect(statSync(app("node_modules/lanegrad/dist/cli.js")).mode & 0o111).toBeGreaterThan(0);
    expect(await inApp(app("node_modules/.bin/lanegrad"), "--help")).toMatch(/^Usage: lanegrad/);
  });

  it("lets a bundler or a runtime choose the platform", () => {
    for (const name of ["kernels/embedded", "platform/node", "platform/browser"]) {
      expect(existsSync(app("node_modules/lanegrad/dist", `${name}.js`))).toBe(true);
    }
  });

  it("has types that hold for a strict user of Node's resolution", async () => {
    expect(await compile("nodenext", "nodenext", usingLibrary)).toBe("");
  });

  it("has types that hold for a strict user of a bundler, with fast-check for the tests", async () => {
    symlinkSync(join(repository, "node_modules/fast-check"), app("node_modules/fast-check"));
    expect(await compile("esnext", "bundler", `${usingLibrary}${usingTesting}`)).toBe("");
  });

  it("pleases publint", async () => {
    const { messages } = await publint({ pack: { tarball: readFileSync(tarball).buffer }, strict: true });
    expect(messages).toEqual([]);
  });
});

const usingLibrary = `
  import { AdamW, Gpt, gelu, matmul, parameters, presets, Random, type Tensor, tensor, train } from "lanegrad";
  import { connect, expose } from "lanegrad/worker";
  const y: Tensor = gelu(matmul(tensor([[1, 2]]), tensor([[3], [4]])));
  // @ts-expect-error: a shape is a list of numbers
  const shape: string = y.shape;
  export const used = [shape, AdamW, Gpt, parameters, presets.nano, new Random(1), train];
  const count = expose(async function* (steps: number) {
    for (let i = 0; i < steps; i++) yield { i };
  });
  export const run: AsyncIterable<{ i: number }> = connect<typeof count>(new Worker("count.js"))(3);
`;
const usingTesting = `
  import { gradcheck } from "lanegrad/testing";
  export const tested = gradcheck;
`;

/** What the compiler says about a program, with the package's own declarations checked too. */
async function compile(module: string, moduleResolution: string, program: string): Promise<string> {
  const compilerOptions = {
    ...{ module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], types: [] },
    ...{
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      skipDefaultLibCheck: true,
      exactOptionalPropertyTypes: true,
    },
  };
  writeFileSync(app("tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  writeFileSync(app("use.ts"), program);
  const { stdout } = await run(process.execPath, [tsc, "-p", "."], { cwd: app() }).catch((error) => error);
  return stdout;
}

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePackageFolder, repository, run } from "./support/packageFolder.ts";

const tool = (name: string) => join(repository, "node_modules/.bin", name);
const UNPACKED_LIMIT = 1_000_000;

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

let folder: string;
let files: readonly PackedFile[];
const app = (...names: string[]) => join(folder, "app", ...names);
const inApp = async (program: string, ...options: string[]) =>
  (await run(program, options, { cwd: app() })).stdout;

/** Packs what `npm run build` makes, and installs it in an empty project without a network. */
beforeAll(async () => {
  folder = await makePackageFolder();
  const types = [
    "-p",
    join(repository, ".config/tsconfig.types.json"),
    "--outDir",
    join(folder, "dist/types"),
  ];
  await run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), ...types]);
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts"], { cwd: folder });
  const [{ filename, files: list }] = JSON.parse(packed.stdout);
  files = list;
  mkdirSync(app());
  writeFileSync(app("package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const install = ["install", "--offline", "--no-audit", "--no-fund", join(folder, filename)];
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

  it("holds bundles, types and licences, nothing else", () => {
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

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("has types that hold for a strict user with module %s", async (module, moduleResolution) => {
    const compilerOptions = {
      ...{ module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], types: [] },
      ...{ noEmit: true, strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
    };
    writeFileSync(app("tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
    writeFileSync(
      app("use.ts"),
      `import { AdamW, Gpt, gelu, matmul, parameters, presets, Random, type Tensor, tensor, train } from "lanegrad";
       import { gradcheck } from "lanegrad/testing";
       const y: Tensor = gelu(matmul(tensor([[1, 2]]), tensor([[3], [4]])));
       // @ts-expect-error: a shape is a list of numbers
       const shape: string = y.shape;
       export const used = [shape, AdamW, Gpt, parameters, presets.nano, new Random(1), train, gradcheck];`,
    );
    expect(
      await inApp(process.execPath, join(repository, "node_modules/typescript/bin/tsc"), "-p", "."),
    ).toBe("");
  });

  it("pleases publint", async () => {
    const { stdout } = await run(tool("publint"), [folder, "--strict"]);
    expect(stdout).toContain("All good!");
  });
});

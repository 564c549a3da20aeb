import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** "data": what needs files from outside (LANEGRAD_DATA). "long": also what takes minutes or gigabytes. Else: neither. */
const suite = process.env.LANEGRAD_TESTS;
const left = [
  "**/node_modules/**",
  ...(suite === "long" ? [] : ["tests/long/**"]),
  ...(suite === "data" ? [] : ["tests/data/**"]),
];

export default defineConfig({
  root: at(""),
  resolve: {
    alias: {
      "#kernels": at("src/platform/kernelsNode.ts"),
      "#platform": at("src/platform/node.ts"),
      "#threads": at("src/platform/threadsNode.ts"),
      "#port": at("src/platform/portNode.ts"),
      "lanegrad/node": at("src/platform/nodeFiles.ts"),
      "lanegrad/testing": at("src/testing/index.ts"),
      "lanegrad/threads": at("src/threads/index.ts"),
      "lanegrad/worker": at("src/worker/index.ts"),
      lanegrad: at("src/index.ts"),
    },
  },
  test: {
    include: [suite === "data" ? "tests/data/**/*.test.ts" : "tests/**/*.test.ts"],
    exclude: left,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: [at("tests/support/seed.ts")],
    coverage: {
      include: ["src/**"],
      exclude: ["src/examples/**"],
      reporter: ["text-summary"],
      reportsDirectory: at("coverage"),
    },
  },
});

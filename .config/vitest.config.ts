import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

export default defineConfig({
  root: at(""),
  resolve: {
    alias: {
      "#kernels": at("src/platform/embedded.ts"),
      "#platform": at("src/platform/node.ts"),
      "lanegrad/testing": at("src/testing/index.ts"),
      lanegrad: at("src/index.ts"),
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 120_000,
    setupFiles: [at("tests/support/seed.ts")],
    coverage: { include: ["src/**"], reporter: ["text-summary"], reportsDirectory: at("coverage") },
  },
});

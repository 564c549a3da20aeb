/**
 * Bundles each entry of the package into dist/, with chunks for what they share: importing hundreds of small modules takes a tenth
 * of a second, one file a millisecond. `#kernels` and `#platform` stay outside, for the runtime or the user's bundler to choose.
 */
import { defineConfig } from "rolldown";

const entries = {
  index: "src/index.ts",
  testing: "src/testing/index.ts",
  cli: "src/cli/main.ts",
};
const chosenLater = {
  "kernels/embedded": "src/platform/embedded.ts",
  "platform/node": "src/platform/node.ts",
  "platform/browser": "src/platform/browser.ts",
};

const shared = { external: ["#kernels", "#platform", "fast-check", /^node:/], platform: "node" };
const output = { dir: "dist", format: "esm", chunkFileNames: "chunks/[name]-[hash].js" };

export default defineConfig([
  { ...shared, input: entries, output },
  { ...shared, input: chosenLater, output },
]);

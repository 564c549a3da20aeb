/**
 * Bundles each entry of the package into dist/, with chunks for what they share: importing hundreds of small modules takes a tenth
 * of a second, one file a millisecond. `#kernels` and `#platform` stay outside, for the runtime or the user's bundler to choose.
 *
 *   node .config/bundle.js [folder]
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { parseAst } from "rolldown/parseAst";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, "dist"));

const library = {
  index: "src/index.ts",
  functions: "src/functions.ts",
  testing: "src/testing/index.ts",
  threads: "src/threads/index.ts",
  worker: "src/worker/index.ts",
  node: "src/platform/nodeFiles.ts",
  internals: "internals",
};
/** Apart, so that the helpers it brings, which need Node, share no chunk with what browsers load. */
const commandLine = { cli: "src/cli/main.ts" };
const chosenLater = {
  "kernels/embedded": "src/platform/embedded.ts",
  "kernels/workerd": "src/platform/kernelsWorkerd.ts",
  "kernels/edge": "src/platform/kernelsEdge.ts",
  "platform/browser": "src/platform/browser.ts",
  "platform/workerd": "src/platform/workerd.ts",
  "platform/edge": "src/platform/edge.ts",
  "threads/browser": "src/platform/threadsBrowser.ts",
  "threads/none": "src/platform/threadsNone.ts",
  "port/browser": "src/platform/portBrowser.ts",
};
/** Apart, so that Node, which loads files one by one, finds little in chunks that others share. */
const chosenByNode = {
  "kernels/node": "src/platform/kernelsNode.ts",
  "platform/node": "src/platform/node.ts",
  "threads/node": "src/platform/threadsNode.ts",
  "port/node": "src/platform/portNode.ts",
};

/**
 * What the entries of the library share is one chunk: a third of a millisecond for each file less. Apart are the errors, all that a page
 * takes whose worker computes, and the threads.
 */
const sharedByEntries = [
  { name: "errors", test: /\/src\/errors\.ts$/, priority: 1 },
  { name: "library", test: /\/src\/(?!threads\/|runtime\/threads\/)/, minShareCount: 2 },
];
/** The same in each bundle that has it, so that it is there once. */
const embeddedBytes = { name: "embeddedBytes", test: /\/(embeddedBytes|unpack)\.ts$|\/build\/kernels\.js$/ };

/** Kernel files stay files, the copies in wasm/: those that are imported, for the user's bundler to make modules of, and those that are read. */
const kernelFiles = {
  name: "kernel-files",
  resolveId: (id) =>
    /\.wasm(\?module)?$/.test(id) ? { id: `../wasm/${basename(id)}`, external: true } : null,
  transform: (code) => code.replaceAll("`../../build/${", "`../wasm/${"),
};

/**
 * Tells users' bundlers of each constant what package.json tells them of whole files: making it has no effect, so whoever does not use it
 * need not have it. They see that by themselves unless a call, a spread or a member is in it.
 */
const pureConstants = {
  name: "pure-constants",
  /** After the minifier, which would take the annotations with what it simplifies. */
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) chunk.code = withPureConstants(chunk.code);
  },
};

function withPureConstants(code) {
  const makers = parseAst(code).body.flatMap(({ type, declarations }) =>
    type === "VariableDeclaration" ? declarations.flatMap(({ init }) => (isOpen(init) ? [init] : [])) : [],
  );
  let end = 0;
  let text = "";
  for (const { type, arguments: given, ...maker } of makers) {
    const isCall = type === "CallExpression" && !given.some(isOpen);
    const value = code.slice(maker.start, maker.end);
    text += code.slice(end, maker.start);
    text += isCall ? `/* @__PURE__ */${value}` : `/* @__PURE__ */(()=>(${value}))()`;
    end = maker.end;
  }
  return text + code.slice(end);
}

/** Whether evaluating the expression might do something, for all that a bundler knows. */
function isOpen(node) {
  if (node === null || typeof node !== "object" || /Function|ClassBody/.test(node.type)) return false;
  if (/^(Call|New|Member)Expression|SpreadElement$/.test(node.type)) return true;
  return Object.values(node).some(isOpen);
}

/** Source without letters beyond ASCII is half as large in an engine's memory, and parsed faster. */
const onlyAscii = {
  name: "only-ascii",
  generateBundle(_, bundle) {
    const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    for (const chunk of Object.values(bundle)) chunk.code = chunk.code.replace(/[\u0080-\uffff]/g, escaped);
  },
};

/** What the command line imports of the library is there once, behind an entry that is not for others. */
const imported = new Set();
const fromInternals = {
  name: "from-internals",
  resolveId(id, importer = "") {
    const file = relative(root, join(dirname(importer), id));
    if (!id.startsWith(".") || !/^src\/(?!cli\/|platform\/)/.test(file)) return null;
    imported.add(file);
    return { id: "./internals.js", external: true };
  },
};

/** The progress bar is of plain letters: it needs none of the tables that tell how wide an emoji is. */
const plainWidth = {
  name: "plain-width",
  resolveId: (id) => (id === "string-width" ? id : null),
  load: (id) => (id === "string-width" ? "module.exports = (text) => text.length;" : null),
};

const internals = {
  name: "internals",
  resolveId: (id) => (id === "internals" ? id : null),
  load: (id) =>
    id === "internals"
      ? [...imported].map((file) => `export * from ${JSON.stringify(join(root, file))};`).join("\n")
      : null,
};

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) {
  if (name !== "types") rmSync(join(folder, name), { recursive: true });
}
const keepNames = { function: true, class: true };
const bundles = [];
for (const input of [commandLine, library, chosenLater, chosenByNode]) {
  const isCommandLine = input === commandLine;
  const bundle = await build({
    cwd: root,
    input,
    external: ["#kernels", "#platform", "#threads", "#port", "fast-check", /^node:/],
    plugins: [
      kernelFiles,
      ...(isCommandLine ? [plainWidth, fromInternals] : [internals, pureConstants]),
      onlyAscii,
    ],
    platform: isCommandLine ? "node" : "neutral",
    logLevel: "warn",
    output: {
      dir: folder,
      format: "esm",
      chunkFileNames: "chunks/[name]-[hash].js",
      ...(isCommandLine
        ? {}
        : {
            codeSplitting: { groups: input === library ? sharedByEntries : [embeddedBytes] },
          }),
      // The types carry the documentation.
      comments: { legal: false, annotation: true, jsdoc: false },
      // The names of functions and classes stay, for stack traces.
      ...(isCommandLine
        ? { minify: true }
        : {
            minify: {
              compress: { keepNames },
              mangle: { toplevel: true, keepNames },
              codegen: { removeWhitespace: true },
            },
          }),
    },
  });
  bundles.push(bundle);
}
mkdirSync(join(folder, "wasm"));
for (const name of ["core", "gemm", "gemm-relaxed"]) {
  copyFileSync(join(root, `build/${name}.wasm`), join(folder, `wasm/${name}.wasm`));
}
writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), licensesOf(bundles));

/** Of the packages whose code is in the bundles: their licences ask to be passed on. */
function licensesOf(bundles) {
  const modules = bundles.flatMap(({ output }) => output.flatMap(({ moduleIds }) => moduleIds ?? []));
  const packages = modules.flatMap((id) => /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[0] ?? []);
  return [...new Set(packages)].sort().map(licenseOf).join("\n\n");
}

function licenseOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`bundle: ${name} has no licence to pass on`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

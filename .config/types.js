/**
 * Writes the declarations of the package's entries to dist/types: what `tsc` emits, without the files that no entry leads to, the comments
 * in files of which no entry exports a name, which are nobody's to call, and most of the indentation.
 *
 *   node .config/types.js [folder] [option of tsc …]
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [given = join(root, "dist/types"), ...options] = process.argv.slice(2);
const folder = resolve(given);

rmSync(folder, { recursive: true, force: true });
const compiler = join(root, "node_modules/typescript/bin/tsc");
const project = join(root, ".config/tsconfig.types.json");
execFileSync(process.execPath, [compiler, "-p", project, "--outDir", folder, ...options], {
  stdio: "inherit",
});

const reached = new Set();
/** To begin with, what the models that an entry exports inherit. */
const exported = new Set([join(folder, "models/transformerStack.d.ts")]);
for (const file of entries()) {
  follow(file, reached, /(?:from |import |import\()"(\.[^"]+)\.[jt]s"/g);
  follow(file, exported, /^export .*from "(\.[^"]+)\.[jt]s"/gm);
}
for (const name of readdirSync(folder, { recursive: true })) {
  const file = join(folder, name);
  if (!name.endsWith(".d.ts")) continue;
  if (reached.has(file)) writeFileSync(file, shortened(file));
  else rmSync(file);
}

function shortened(file) {
  const text = readFileSync(file, "utf8");
  const kept = exported.has(file) ? text : text.replace(/\s*\/\*\*[\s\S]*?\*\//g, "");
  return kept.replace(/^( {4})+/gm, ({ length }) => " ".repeat(length / 4));
}

/** What package.json names under `types`. */
function entries() {
  const { exports, imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return [...Object.values(exports), ...Object.values(imports)].flatMap(({ types }) =>
    types === undefined ? [] : [join(folder, types.replace("./dist/types/", ""))],
  );
}

/** Collects the files that lead from one to the next by specifiers of this form. */
function follow(file, found, form) {
  if (found.has(file)) return;
  found.add(file);
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(form)) {
    follow(join(dirname(file), `${specifier}.d.ts`), found, form);
  }
}

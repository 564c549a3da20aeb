/**
 * Writes the declarations of the package's entries to dist/types: what `tsc` emits, without the files that no entry leads to, the comments
 * on what lies below the runtime, which is nobody's to call, and most of the indentation.
 *
 *   node .config/types.js [folder] [option of tsc …]
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
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
for (const file of entries()) follow(file);
for (const name of readdirSync(folder, { recursive: true })) {
  const file = join(folder, name);
  if (!name.endsWith(".d.ts")) continue;
  if (reached.has(file)) writeFileSync(file, shortened(name, readFileSync(file, "utf8")));
  else rmSync(file);
}

function shortened(name, text) {
  const isBelow = dirname(name).startsWith("runtime") && !/^(runtime|default)\.d\.ts$/.test(basename(name));
  const kept = isBelow ? text.replace(/\s*\/\*\*[\s\S]*?\*\//g, "") : text;
  return kept.replace(/^( {4})+/gm, ({ length }) => " ".repeat(length / 4));
}

/** What package.json names under `types`. */
function entries() {
  const { exports, imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return [...Object.values(exports), ...Object.values(imports)].flatMap(({ types }) =>
    types === undefined ? [] : [join(folder, types.replace("./dist/types/", ""))],
  );
}

function follow(file) {
  if (reached.has(file)) return;
  reached.add(file);
  const specifiers = readFileSync(file, "utf8").matchAll(/(?:from |import |import\()"(\.[^"]+)\.[jt]s"/g);
  for (const [, specifier] of specifiers) follow(join(dirname(file), `${specifier}.d.ts`));
}

/**
 * Runs an example: bundles src/examples/NAME/main.ts into build/examples/NAME.js, which imports the package as its users do, and starts it.
 *
 *   npm run example -- NAME [OPTIONS]
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "rolldown";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const examples = join(root, "src/examples");
/** Pages and workers, which have a package.json of their own, are started otherwise. */
const isCommand = (name) =>
  existsSync(join(examples, name, "main.ts")) && !existsSync(join(examples, name, "package.json"));

const [name = "", ...options] = process.argv.slice(2);
const names = readdirSync(examples).filter(isCommand);
if (!names.includes(name)) {
  console.error(
    `npm run example -- NAME [OPTIONS]; NAME is one of ${names.join(", ")}; --help tells the options`,
  );
  process.exit(1);
}

const file = join(root, `build/examples/${name}.js`);
await build({
  input: join(examples, name, "main.ts"),
  platform: "node",
  external: (id) => !/^[./]/.test(id),
  output: { file, format: "esm" },
  logLevel: "warn",
});
process.argv = [process.argv[0], file, ...options];
await import(pathToFileURL(file).href);

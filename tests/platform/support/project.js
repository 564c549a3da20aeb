import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, root } from "./process.js";

const workshop = mkdtempSync(join(tmpdir(), "lanegrad-platforms-"));
process.once("exit", () => rmSync(workshop, { recursive: true, force: true }));

let tarball;

/** Packs the package as `npm publish` would, once. */
async function packed() {
  if (tarball === undefined) {
    const parameters = ["pack", "--json", "--silent", "--pack-destination", workshop];
    const printed = await output("npm", parameters, { cwd: root });
    const [{ filename }] = JSON.parse(printed.slice(printed.indexOf("[")));
    tarball = join(workshop, filename);
  }
  return tarball;
}

/**
 * An empty project with the packed package installed and the programs of app/ in it. It lies where no tool finds files of this repository
 * above it, unless `parent` says otherwise.
 */
export async function makeProject(name, parent = workshop) {
  const folder = join(parent, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  await install(folder);
  cpSync(join(root, "tests/platform/app"), folder, { recursive: true });
  return folder;
}

/**
 * A copy of an example as a reader makes it, with the packed package installed, and `others` as they are installed in the project, so that
 * none has to be asked for.
 */
export async function copyExample(name, others = []) {
  const folder = join(workshop, `example-${name}`);
  cpSync(join(root, "src/examples", name), folder, { recursive: true });
  await install(
    folder,
    others.map((other) => join(root, "node_modules", other)),
  );
  return folder;
}

async function install(folder, others = []) {
  const options = ["--offline", "--no-audit", "--no-fund", "--install-links"];
  await output("npm", ["install", ...options, await packed(), ...others], { cwd: folder });
}

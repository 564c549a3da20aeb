import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
export const run = promisify(execFile);

/**
 * Makes a folder that holds what is packed, apart from the types: package.json, the readme, the licence and
 * fresh bundles.
 */
export async function makePackageFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-package-"));
  for (const name of ["package.json", "README.md", "LICENSE"]) {
    if (existsSync(join(repository, name))) copyFileSync(join(repository, name), join(folder, name));
  }
  await run(process.execPath, [join(repository, ".config/bundle.js"), join(folder, "dist")]);
  return folder;
}

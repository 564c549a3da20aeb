/**
 * Checkpoints on disk. In the library a checkpoint is named bytes; only here do they become files.
 *
 *   run/
 *     metrics.jsonl     one line per evaluation
 *     step-000100/      100 completed updates: four files, see REQUIRED
 *     step-000100-2/    the same step saved again with other bytes (a run resumed from an earlier step)
 *     .tmp-Xk3b9Q/      being written or being deleted; nobody reads it
 *
 * One process writes a run at a time, and it may be killed at any instant: a name `step-…` appears by a
 * rename when all below it is on the disk, and goes by a rename before anything below it is deleted.
 */
import { Buffer } from "node:buffer";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { ArgumentError } from "../errors.ts";

/** The files without which a folder is no checkpoint. */
const REQUIRED = ["config.json", "model.safetensors", "optimizer.safetensors", "trainer.json"] as const;
const METRICS = "metrics.jsonl";
const TEMPORARY = ".tmp-";
const NEWLINE = 0x0a;

/** Bytes per read and write: one call cannot move 2 GiB or more. */
const PIECE = 2 ** 28;

export interface SaveOptions {
  /** How many of the last checkpoints stay. */
  readonly keep: number;
  /** The step of the best checkpoint so far, which stays however old it is. */
  readonly best?: number;
}

/** A step folder of a run. */
interface SavedStep {
  readonly step: number;
  /** 1, or higher where the step was saved again. */
  readonly revision: number;
  readonly path: string;
}

/** Makes the folder where it is not there, and refuses one that cannot be written. */
export function openRunFolder(runFolder: string): void {
  writing(runFolder, () => {
    mkdirSync(runFolder, { recursive: true });
    rmSync(mkdtempSync(join(runFolder, TEMPORARY)), { recursive: true });
  });
}

/**
 * Saves the files of a step and returns their folder. Then deletes what is no longer kept. A step that is
 * there already with the same bytes is left alone.
 */
export function saveCheckpoint(
  runFolder: string,
  step: number,
  files: Readonly<Record<string, Uint8Array>>,
  { keep, best }: SaveOptions,
): string {
  checkSave(step, files, keep);
  const names = Object.keys(files).sort();
  return writing(runFolder, () => {
    mkdirSync(runFolder, { recursive: true });
    const same = savedSteps(runFolder).find((saved) => saved.step === step && holds(saved.path, files));
    const folder = same?.path ?? writeStep(runFolder, step, names, files);
    deleteOthers(runFolder, keep, best, folder);
    return folder;
  });
}

/**
 * The newest complete step folder of a run, or the given folder where it is a step folder itself; null where
 * the run has none. The run's folder is the one that holds the answer.
 */
export function findCheckpoint(folder: string): string | null {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ArgumentError("checkpoint", `a folder at ${folder}`, existsSync(folder) ? "a file" : "nothing");
  }
  if (isComplete(folder)) return resolve(folder);
  return savedSteps(resolve(folder))[0]?.path ?? null;
}

/** As findCheckpoint, for those who cannot go on without one. */
export function latestCheckpoint(folder: string): string {
  const found = findCheckpoint(folder);
  if (found === null) {
    const wanted = `a run or step folder with a complete checkpoint (${REQUIRED.join(", ")}) at ${folder}`;
    throw new ArgumentError("checkpoint", wanted, readdirSync(folder).slice(0, 8));
  }
  return found;
}

/** All files of a step folder by name. */
export function readCheckpoint(stepFolder: string): Record<string, Uint8Array> {
  const missing = REQUIRED.find((name) => !existsSync(join(stepFolder, name)));
  if (missing !== undefined) throw new ArgumentError("checkpoint", `${missing} in ${stepFolder}`, "none");
  const files = Object.create(null) as Record<string, Uint8Array>;
  for (const entry of readdirSync(stepFolder, { withFileTypes: true })) {
    if (entry.isFile()) files[entry.name] = readFile(join(stepFolder, entry.name));
  }
  return files;
}

/** Adds a line to the run's metrics. What a killed process left of a line is cut off first. */
export function appendMetrics(runFolder: string, record: Readonly<Record<string, unknown>>): void {
  writing(runFolder, () => {
    mkdirSync(runFolder, { recursive: true });
    const path = join(runFolder, METRICS);
    const file = openSync(path, "a+");
    try {
      const { size } = fstatSync(file);
      const last = new Uint8Array(1);
      if (size > 0) readSync(file, last, 0, 1, size - 1);
      if (size > 0 && last[0] !== NEWLINE) ftruncateSync(file, readFileSync(path).lastIndexOf(NEWLINE) + 1);
      writeAll(file, new TextEncoder().encode(`${JSON.stringify(record)}\n`));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

function checkSave(step: number, files: Readonly<Record<string, Uint8Array>>, keep: number): void {
  const fail = (wanted: string, got: unknown): never => {
    throw new ArgumentError("saveCheckpoint", wanted, got);
  };
  if (!Number.isSafeInteger(step) || step < 0) fail("a number of completed steps", step);
  if (!Number.isSafeInteger(keep) || keep < 1) fail("at least one checkpoint to keep", keep);
  const missing = REQUIRED.find((name) => !Object.hasOwn(files, name));
  if (missing !== undefined) fail(`the file ${missing} among the others`, Object.keys(files));
  const path = Object.keys(files).find((name) => name !== basename(name));
  if (path !== undefined) fail("file names without folders", path);
}

function writeStep(
  runFolder: string,
  step: number,
  names: readonly string[],
  files: Readonly<Record<string, Uint8Array>>,
): string {
  const temporary = mkdtempSync(join(runFolder, TEMPORARY));
  for (const name of names) writeFile(join(temporary, name), files[name]!);
  flushFolder(temporary);
  const folder = freeName(runFolder, step);
  renameSync(temporary, folder);
  flushFolder(runFolder);
  return folder;
}

function freeName(runFolder: string, step: number): string {
  const first = join(runFolder, `step-${String(step).padStart(6, "0")}`);
  let name = first;
  for (let revision = 2; existsSync(name); revision++) name = `${first}-${revision}`;
  return name;
}

/** Deletes what a killed process left, and steps neither among the last `keep` nor best nor just written. */
function deleteOthers(runFolder: string, keep: number, best: number | undefined, written: string): void {
  for (const name of readdirSync(runFolder)) {
    if (name.startsWith(TEMPORARY)) rmSync(join(runFolder, name), { recursive: true, force: true });
  }
  for (const [age, { step, path }] of savedSteps(runFolder).entries()) {
    if (age < keep || step === best || path === written) continue;
    const condemned = join(runFolder, `${TEMPORARY}${basename(path)}`);
    renameSync(path, condemned);
    rmSync(condemned, { recursive: true });
  }
}

/** The complete step folders of a run, newest first. */
function savedSteps(runFolder: string): SavedStep[] {
  const steps: SavedStep[] = [];
  for (const name of readdirSync(runFolder)) {
    const match = /^step-(\d{6,})(?:-(\d+))?$/.exec(name);
    const path = join(runFolder, name);
    if (match === null || !isComplete(path)) continue;
    const [, step, revision = "1"] = match;
    steps.push({ step: Number(step), revision: Number(revision), path });
  }
  return steps.sort((a, b) => b.step - a.step || b.revision - a.revision);
}

const isComplete = (folder: string) => REQUIRED.every((name) => existsSync(join(folder, name)));

/** Whether a step folder has exactly these files with these bytes. */
function holds(folder: string, files: Readonly<Record<string, Uint8Array>>): boolean {
  const names = Object.keys(files);
  if (readdirSync(folder).length !== names.length) return false;
  return names.every((name) => {
    const path = join(folder, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    return size === files[name]!.length && Buffer.compare(readFile(path), files[name]!) === 0;
  });
}

function readFile(path: string): Uint8Array<ArrayBuffer> {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(fstatSync(file).size);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(file, bytes, at, Math.min(PIECE, bytes.length - at), at);
      if (count === 0) throw new ArgumentError("checkpoint", `${bytes.length} bytes in ${path}`, at);
      at += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Writes a file that does not exist yet, down to the disk. */
function writeFile(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "wx");
  try {
    writeAll(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(file, bytes, at, Math.min(PIECE, bytes.length - at));
  }
}

/** Flushes the names in a folder. Windows cannot open one, and keeps names by itself. */
function flushFolder(folder: string): void {
  if (process.platform === "win32") return;
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What the usual failures mean in a person's words. */
const reasons: ReadonlyMap<unknown, string> = new Map([
  ["EEXIST", "a file in its place"],
  ["ENOENT", "nothing"],
  ["ENAMETOOLONG", "a name that is too long"],
  ["ENOTDIR", "a file in its place"],
  ["EACCES", "no permission"],
  ["EPERM", "no permission"],
  ["EROFS", "a read-only disk"],
  ["ENOSPC", "a full disk"],
  ["EDQUOT", "a full quota"],
]);

/** Turns a failure of the file system into one clear line. */
function writing<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = reasons.get((error as { code?: unknown }).code);
    if (reason === undefined) throw error;
    throw new ArgumentError("checkpoint", `a folder that can be written at ${folder}`, reason);
  }
}

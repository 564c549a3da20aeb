import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { runProgram } from "../../src/cli/program.ts";

/** What a command line printed, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A model so small that a step takes a millisecond. */
export const small = "--layers 1 --heads 2 --width 8 --context 8 --batch 2 --seed 7".split(" ");

/** Runs `lanegrad …` in this process. */
export async function lanegrad(...commandLine: readonly string[]): Promise<Outcome> {
  const printed = { out: "", err: "" };
  const into = (stream: "out" | "err", end: string) => (text: unknown) => {
    printed[stream] += `${text}${end}`;
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(into("out", "")),
    vi.spyOn(process.stderr, "write").mockImplementation(into("err", "")),
    vi.spyOn(console, "log").mockImplementation(into("out", "\n")),
    vi.spyOn(console, "error").mockImplementation(into("err", "\n")),
  ];
  try {
    return { code: await runProgram(commandLine), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** The object in the last line that a command with --json printed. */
export const jsonOf = ({ out }: Outcome) => JSON.parse(out.trimEnd().split("\n").at(-1)!);

/** A fresh folder for each test of a file, with a text in it; `at` gives paths below it. */
export function testFolder(text: string | Uint8Array = aText()) {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lanegrad-cli-"));
    writeFileSync(join(folder, "text.txt"), text);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  return (...names: readonly string[]) => join(folder, ...names);
}

/** Some 4,000 characters that repeat themselves in part. */
export function aText(): string {
  return Array.from({ length: 150 }, (_, i) => `line ${i * i} says hello world\n`).join("");
}

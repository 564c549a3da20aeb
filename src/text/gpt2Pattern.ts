import { type CharacterClasses, SPACE } from "./characterClasses.ts";

const APOSTROPHE = 0x27;
const BLANK = 0x20;

/** What GPT-2 cuts a text into before it merges: merges never cross these borders. */
export const GPT2_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * Where the piece that starts at `at` ends, as GPT2_PATTERN cuts. By hand, since an engine's regular
 * expressions run out of stack in a run of some million letters, and for speed.
 */
export function gpt2PieceEnd(text: string, at: number, classes: CharacterClasses): number {
  const first = text.charCodeAt(at);
  if (first === APOSTROPHE) {
    const length = contractionLength(text, at + 1);
    if (length > 0) return at + 1 + length;
  }
  const start = first === BLANK ? at + 1 : at;
  const kind = start < text.length ? classes.of(text.codePointAt(start)!) : SPACE;
  if (kind !== SPACE) return classes.runEnd(text, start, kind);
  // \s+(?!\S)|\s+: the last space before a word is left to the word, unless it is the only one.
  const end = classes.runEnd(text, at, SPACE);
  return end === text.length || end === at + 1 ? end : end - 1;
}

/** Length of s, t, m, d, re, ve or ll at `at`, or 0. */
function contractionLength(text: string, at: number): number {
  switch (text[at]) {
    case "s":
    case "t":
    case "m":
    case "d":
      return 1;
    case "r":
    case "v":
      return text[at + 1] === "e" ? 2 : 0;
    case "l":
      return text[at + 1] === "l" ? 2 : 0;
    default:
      return 0;
  }
}

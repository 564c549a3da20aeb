import { type CharacterSet, characterSet, charactersOf, complement, union } from "./characterSet.ts";

/** The classes that a letter behind a backslash stands for, as in JavaScript's regular expressions. */

const digits = characterSet([0x30, 0x39]);
const wordCharacters = union(digits, characterSet([0x41, 0x5a], [0x61, 0x7a]), charactersOf("_"));
const whiteSpace = union(
  charactersOf("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"),
  characterSet([0x2000, 0x200a]),
);

export const classes: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: whiteSpace,
  S: complement(whiteSpace),
};

/** What a dot stands for: all but the ends of lines. */
export const dot = complement(charactersOf("\n\r\u2028\u2029"));

/** Single characters that a letter behind a backslash stands for. */
export const controls: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  f: "\f",
  v: "\v",
  "0": "\0",
};

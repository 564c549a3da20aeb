import { ArgumentError } from "../errors.ts";
import { bertClass, CharacterClasses, gpt2Class, OTHER, SPACE } from "./characterClasses.ts";
import { GPT2_PATTERN, gpt2PieceEnd } from "./gpt2Pattern.ts";
import { translatePattern } from "./pattern.ts";

/** How a text is cut into words, in the words of `tokenizer.json`. Merges never cross a cut. */
export type PreTokenizer =
  | { readonly type: "ByteLevel"; readonly add_prefix_space: boolean; readonly use_regex: boolean }
  | {
      readonly type: "Split";
      readonly pattern: { readonly Regex: string } | { readonly String: string };
      /** Isolated: matches and what is between them; Removed: only the latter. */
      readonly behavior: "Isolated" | "Removed";
      /** What matches and what does not change places. */
      readonly invert: boolean;
    }
  | { readonly type: "Digits"; readonly individual_digits: boolean }
  | { readonly type: "BertPreTokenizer" | "Whitespace" | "WhitespaceSplit" | "Punctuation" }
  | { readonly type: "Sequence"; readonly pretokenizers: readonly PreTokenizer[] };

/** Hands over the words of a text in order. */
export type Cutter = (text: string, emit: (word: string) => void) => void;

/**
 * The function that cuts as a description says.
 * @throws FormatError for a pattern that is no regular expression
 */
export function makeCutter(description: PreTokenizer, file: string): Cutter {
  const parts = "parts";
  switch (description.type) {
    case "Sequence":
      return description.pretokenizers
        .map((part) => makeCutter(part, file))
        .reduce(chained, (text, emit) => emit(text));
    case "ByteLevel": {
      const cut: Cutter = description.use_regex ? gpt2Cutter() : (text, emit) => emit(text);
      return description.add_prefix_space
        ? (text, emit) => cut(text.startsWith(" ") ? text : ` ${text}`, emit)
        : cut;
    }
    case "Split": {
      const { pattern, behavior, invert } = description;
      const source =
        "Regex" in pattern ? pattern.Regex : pattern.String.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      if (source === GPT2_PATTERN && behavior === "Isolated") return gpt2Cutter();
      const keep = behavior === "Isolated" ? parts : invert ? "matches" : "gaps";
      return regexCutter(translatePattern(source, file, "pre_tokenizer"), keep);
    }
    case "Digits":
      return regexCutter(description.individual_digits ? /\p{N}/gu : /\p{N}+/gu, parts);
    case "Whitespace":
      return regexCutter(translatePattern("\\w+|[^\\w\\s]+", file, "pre_tokenizer"), "matches");
    case "WhitespaceSplit":
      return regexCutter(/\p{White_Space}+/gu, "gaps");
    case "Punctuation":
      return regexCutter(/[\p{P}!-/:-@[-`{-~]/gu, parts);
    case "BertPreTokenizer":
      return bertCutter();
  }
}

/** Byte-level, cut by GPT-2's pattern or by the matches of another one. */
export function byteLevelPreTokenizer(pattern?: string): PreTokenizer {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, use_regex: pattern === undefined } as const;
  if (pattern === undefined) return byteLevel;
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false } as const;
  return { type: "Sequence", pretokenizers: [split, byteLevel] };
}

const chained =
  (first: Cutter, second: Cutter): Cutter =>
  (text, emit) =>
    first(text, (word) => second(word, emit));

/** By hand like GPT-2's, for speed: white space is dropped, and each punctuation character is a word. */
function bertCutter(): Cutter {
  const classes = new CharacterClasses(bertClass);
  return (text, emit) => {
    for (let at = 0; at < text.length; ) {
      const codePoint = text.codePointAt(at)!;
      const kind = classes.of(codePoint);
      const end = kind === OTHER ? classes.runEnd(text, at, OTHER) : at + (codePoint > 0xffff ? 2 : 1);
      if (kind !== SPACE) emit(text.slice(at, end));
      at = end;
    }
  };
}

function gpt2Cutter(): Cutter {
  const classes = new CharacterClasses(gpt2Class);
  return (text, emit) => {
    for (let at = 0; at < text.length; ) {
      const end = gpt2PieceEnd(text, at, classes);
      emit(text.slice(at, end));
      at = end;
    }
  };
}

/** Cuts at the matches of a global pattern; keeps them, what is between them, or both. */
function regexCutter({ source, flags }: RegExp, keep: "matches" | "gaps" | "parts"): Cutter {
  return (text, emit) => {
    let from = 0;
    try {
      // A pattern of its own for each text: `emit` may come back here.
      for (const { index, 0: match } of text.matchAll(new RegExp(source, flags))) {
        if (match === "") continue;
        if (index > from && keep !== "matches") emit(text.slice(from, index));
        if (keep !== "gaps") emit(match);
        from = index + match.length;
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const wanted = "a text without runs so long that the engine cannot match its pattern in them";
      throw new ArgumentError("encode", wanted, `${text.length} characters (${error.message})`);
    }
    if (from < text.length && keep !== "matches") emit(text.slice(from));
  };
}

import { ArgumentError } from "../errors.ts";
import type { EncodeOptions } from "./tokenizer.ts";

/** A token that is looked for in the text itself, before anything else is done with it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it means something to the model, so that a text has it only if it may. Default true. */
  readonly special?: boolean;
  /** Only where neither neighbour is a letter, a number or "_". Default false. */
  readonly singleWord?: boolean;
  /** Takes the white space to its left along. Default false. */
  readonly stripLeft?: boolean;
  /** Takes the white space to its right along. Default false. */
  readonly stripRight?: boolean;
  /** Looked for after normalisation, its content normalised too. Default false. */
  readonly normalized?: boolean;
}

/** What a text consists of: stretches without added tokens, and ids of added tokens. */
export interface SectionVisitor {
  text(text: string): void;
  token(id: number): void;
}

type Normalize = (text: string) => string;

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;

/** Finds added tokens in texts: the leftmost, of those that start there the longest. */
export class AddedTokens {
  readonly all: readonly AddedToken[];
  /** Ids of the special ones by content. */
  readonly special: ReadonlyMap<string, number>;
  readonly #normalize: Normalize | null;
  /** Finders by the special tokens allowed. */
  readonly #finders = new Map<string, readonly [raw: Finder, normalized: Finder]>();

  constructor(tokens: readonly AddedToken[], normalize: Normalize | null) {
    this.all = tokens;
    this.#normalize = normalize;
    const special = tokens.filter((token) => token.special ?? true);
    this.special = new Map(special.map(({ content, id }) => [content, id]));
  }

  /** Visits a text in order; its stretches come normalised. */
  visit(text: string, options: Required<EncodeOptions>, visitor: SectionVisitor): void {
    const allowed = this.#names("allowedSpecial", options.allowedSpecial);
    this.#refuse(text, this.#names("disallowedSpecial", options.disallowedSpecial), allowed);
    const [raw, normalized] = this.#findersFor(allowed);
    raw.visit(text, {
      text: (section) =>
        normalized.visit(this.#normalize === null ? section : this.#normalize(section), visitor),
      token: visitor.token,
    });
  }

  #names(option: string, names: "all" | readonly string[]): readonly string[] {
    if (names === "all") return [...this.special.keys()];
    const unknown = names.find((name) => !this.special.has(name));
    if (unknown === undefined) return names;
    throw new ArgumentError(option, `special tokens (${[...this.special.keys()].join(", ")})`, unknown);
  }

  #refuse(text: string, disallowed: readonly string[], allowed: readonly string[]): void {
    const refused = disallowed.find((name) => !allowed.includes(name) && text.includes(name));
    if (refused === undefined) return;
    const wanted =
      "a text without special tokens that allowedSpecial does not name; " +
      "disallowedSpecial: [] reads the others as plain text";
    throw new ArgumentError("encode", wanted, `${refused} at index ${text.indexOf(refused)}`);
  }

  #findersFor(allowed: readonly string[]): readonly [raw: Finder, normalized: Finder] {
    const key = JSON.stringify(allowed);
    const known = this.#finders.get(key);
    if (known !== undefined) return known;
    const wanted = this.all.filter(({ content, special }) => !(special ?? true) || allowed.includes(content));
    const isLate = ({ normalized }: AddedToken) => this.#normalize !== null && (normalized ?? false);
    const raw = new Map(wanted.filter((token) => !isLate(token)).map((token) => [token.content, token]));
    const late = wanted.filter(isLate).map((token) => [this.#normalize!(token.content), token] as const);
    const finders = [new Finder(raw), new Finder(new Map(late))] as const;
    this.#finders.set(key, finders);
    return finders;
  }
}

/** Some added tokens by the text that stands for them. */
class Finder {
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | null;

  constructor(tokens: ReadonlyMap<string, AddedToken>) {
    this.#tokens = tokens;
    const contents = [...tokens.keys()].filter((content) => content !== "");
    const longestFirst = contents.sort((a, b) => b.length - a.length).map(escaped);
    this.#pattern = longestFirst.length === 0 ? null : new RegExp(longestFirst.join("|"), "g");
  }

  visit(text: string, visitor: SectionVisitor): void {
    if (this.#pattern === null) {
      if (text !== "") visitor.text(text);
      return;
    }
    let from = 0;
    this.#pattern.lastIndex = 0;
    for (let match = this.#pattern.exec(text); match !== null; match = this.#pattern.exec(text)) {
      const token = this.#tokens.get(match[0])!;
      let start = match.index;
      let end = start + match[0].length;
      if (token.singleWord && isInsideWord(text, start, end)) continue;
      if (token.stripLeft) while (start > from && isSpace(text, start - 1)) start--;
      if (token.stripRight) while (end < text.length && isSpace(text, end)) end++;
      if (start > from) visitor.text(text.slice(from, start));
      visitor.token(token.id);
      from = end;
      this.#pattern.lastIndex = end;
    }
    if (from < text.length) visitor.text(text.slice(from));
  }
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

const isSpace = (text: string, at: number) => /\p{White_Space}/u.test(text[at]!);

function isInsideWord(text: string, start: number, end: number): boolean {
  // One or two units: a character before the border has its last unit there.
  const before = text.slice(Math.max(0, start - 2), start);
  const after = String.fromCodePoint(text.codePointAt(end) ?? 0x20);
  return wordCharacter.test([...before].at(-1) ?? " ") || wordCharacter.test(after);
}

import { FormatError } from "../errors.ts";

/** Letters that Unicode's simple case folding puts with an ASCII letter, besides its other case. */
const alsoFolded: ReadonlyMap<string, string> = new Map([
  ["s", "\u017f"],
  ["k", "\u212a"],
]);

const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

/** Escapes of Rust's and Oniguruma's expressions that mean something else, or nothing, in JavaScript. */
const escapes: Readonly<Record<string, readonly [outside: string, inClass: string | null]>> = {
  s: ["\\p{White_Space}", "\\p{White_Space}"],
  S: ["\\P{White_Space}", "\\P{White_Space}"],
  d: ["\\p{Nd}", "\\p{Nd}"],
  D: ["\\P{Nd}", "\\P{Nd}"],
  w: [`[${WORD}]`, WORD],
  W: [`[^${WORD}]`, null],
  A: ["^", null],
  z: ["$", null],
};

const kept = /^(?:[bBnrtfv0\\^$.*+?()[\]{}|/]|[xu])$/;

/**
 * The regular expression of a tokenizer's file, written for Rust, in JavaScript's own: \s is Unicode's
 * White_Space, \d and \w have all scripts, and (?i:…) holds for ASCII's letters.
 *
 * @throws FormatError for what JavaScript cannot say, and for a pattern that is none
 */
export function translatePattern(source: string, file: string, place: string): RegExp {
  try {
    return new RegExp(new Translation(source).result(), "gu");
  } catch (error) {
    const rule = `a regular expression, not ${JSON.stringify(source.slice(0, 200))} (${(error as Error).message})`;
    throw new FormatError(file, place, rule);
  }
}

/** One walk over a pattern. */
class Translation {
  readonly #source: string;
  #at = 0;
  /** For each open group whether letters of both cases match in it. */
  readonly #foldings: boolean[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  result(): string {
    let translated = "";
    while (this.#at < this.#source.length) translated += this.#next();
    return translated;
  }

  get #folds(): boolean {
    return this.#foldings.at(-1) ?? false;
  }

  #next(): string {
    const character = this.#take();
    if (character === "\\") return this.#escape(false);
    if (character === "[") return this.#class();
    if (character === "(") return this.#open();
    if (character === ")") this.#foldings.pop();
    if (/[+*?}]/.test(character) && this.#source[this.#at] === "+") {
      throw new SyntaxError("possessive quantifiers are not supported");
    }
    if (!this.#folds) return character;
    const both = bothCases(character);
    return both.length > 1 ? `[${both}]` : character;
  }

  #take(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += character.length;
    return character;
  }

  #open(): string {
    const flag = "?i:";
    const folds = this.#source.startsWith(flag, this.#at);
    if (folds) this.#at += flag.length;
    this.#foldings.push(folds || this.#folds);
    return folds ? "(?:" : "(";
  }

  #escape(inClass: boolean): string {
    if (this.#at >= this.#source.length) throw new SyntaxError("a backslash at the end");
    const character = this.#take();
    if (character === "p" || character === "P") return `\\${character}${this.#property()}`;
    const known = escapes[character];
    if (known !== undefined) {
      const text = known[inClass ? 1 : 0];
      if (text === null) throw new SyntaxError(`\\${character} in a class is not supported`);
      return text;
    }
    if (kept.test(character) || (inClass && character === "-")) return `\\${character}`;
    if (/[\p{L}\p{N}]/u.test(character)) throw new SyntaxError(`\\${character} is not supported`);
    return character;
  }

  /** {…} after \p: Rust takes the name of a script alone. */
  #property(): string {
    const name = /^\{\^?[\w=]+\}/.exec(this.#source.slice(this.#at, this.#at + 64))?.[0];
    if (name === undefined) throw new SyntaxError("\\p wants a name in braces");
    this.#at += name.length;
    try {
      new RegExp(`\\p${name}`, "u");
      return name;
    } catch {
      return `{Script=${name.slice(1)}`;
    }
  }

  #class(): string {
    let translated = "[";
    if (this.#source[this.#at] === "^") translated += this.#take();
    while (this.#at < this.#source.length) {
      const character = this.#take();
      if (character === "]") return `${translated}]`;
      if (character === "[") throw new SyntaxError("a class within a class is not supported");
      if (character === "&" && this.#source[this.#at] === "&") throw new SyntaxError("&& is not supported");
      if (character === "\\") translated += this.#escape(true);
      else translated += this.#folds ? bothCases(character) : character;
    }
    throw new SyntaxError("a class that does not end");
  }
}

/** An ASCII letter in all forms that are equal to it but for case; anything else alone. */
function bothCases(character: string): string {
  if (!/^[a-z]$/i.test(character)) return character;
  const lower = character.toLowerCase();
  return lower + lower.toUpperCase() + (alsoFolded.get(lower) ?? "");
}
